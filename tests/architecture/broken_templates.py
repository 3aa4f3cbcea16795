"""Ways to break template.yaml, one thing each, and what the check has to say about it."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from infra.template.reading import Template, read_template

Document = dict[str, Any]
Break = Callable[[Document], None]

TEMPLATE = read_template()


def properties(document: Document, name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["Resources"][name]["Properties"]
    return found


def trigger(document: Document, function: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = properties(document, function)["Events"][name]["Properties"]
    return found


def broken(break_it: Break) -> Template:
    document = deepcopy(dict(TEMPLATE.document))
    break_it(document)
    return Template(document)


def put(name: str, key: str, value: object) -> Break:
    return lambda document: properties(document, name).update({key: value})


def drop(name: str, key: str) -> Break:
    return lambda document: properties(document, name).pop(key) and None


def drop_resource(name: str) -> Break:
    return lambda document: document["Resources"].pop(name) and None


def drop_from_trigger(function: str, name: str, key: str) -> Break:
    return lambda document: trigger(document, function, name).pop(key) and None


def allow(function: str, action: object, resource: object) -> Break:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return lambda document: properties(document, function)["Policies"][0]["Statement"].append(statement)


def forbid_to_hand_back(document: Document) -> None:
    for statement in properties(document, "RouteIncidents")["Policies"][0]["Statement"]:
        if statement["Action"] == "sqs:ChangeMessageVisibility":
            statement["Action"] = "sqs:GetQueueUrl"


def on_dashboard(text: str, other: str) -> Break:
    def change(document: Document) -> None:
        body = properties(document, "OperationsDashboard")["DashboardBody"]
        assert text in body["Fn::Sub"]
        body["Fn::Sub"] = body["Fn::Sub"].replace(text, other)

    return change


def scopes(*names: str) -> list[dict[str, str]]:
    return [{"Fn::Sub": f"${{ScopePrefix}}{name}"} for name in names]


def new_variable(document: Document) -> None:
    properties(document, "ReceiveEvents")["Environment"]["Variables"]["BUS_NAME"] = "x"


def second_health_route(document: Document) -> None:
    properties(document, "GetDocsRoute")["RouteKey"] = "GET /health"


CASES: dict[str, tuple[Break, str]] = {
    "a queue trigger without partial failures": (
        drop_from_trigger("NotifyResponders", "Backlog", "FunctionResponseTypes"),
        "NotifyResponders.Backlog: add FunctionResponseTypes: [ReportBatchItemFailures]",
    ),
    "the stream without partial failures": (
        drop_from_trigger("PublishChanges", "Changed", "FunctionResponseTypes"),
        "PublishChanges.Changed: add FunctionResponseTypes: [ReportBatchItemFailures]",
    ),
    "the stream without a place for poison": (
        drop_from_trigger("PublishChanges", "Changed", "DestinationConfig"),
        "PublishChanges.Changed: add DestinationConfig: OnFailure",
    ),
    "a reader that cannot shorten the wait of what failed": (
        forbid_to_hand_back,
        "RouteIncidents: allow sqs:ChangeMessageVisibility on RoutingQueue",
    ),
    "a lane without a concurrency of its own": (
        drop_from_trigger("NotifyResponders", "Expedite", "ScalingConfig"),
        "NotifyResponders.Expedite: add ScalingConfig: MaximumConcurrency",
    ),
    "a schedule without dead letters": (
        drop_from_trigger("WatchClocks", "EveryMinute", "DeadLetterConfig"),
        "WatchClocks.EveryMinute: add a DeadLetterConfig",
    ),
    "a queue without dead letters": (
        drop("ClockQueue", "RedrivePolicy"),
        "ClockQueue: add a RedrivePolicy with a dead-letter queue of this template",
    ),
    "too few tries": (
        lambda document: properties(document, "EventQueue")["RedrivePolicy"].update(maxReceiveCount=9),
        "EventQueue: maxReceiveCount is below 10",
    ),
    "dead letters that go first": (
        put("RoutingDeadLetters", "MessageRetentionPeriod", 345_600),
        "RoutingDeadLetters: MessageRetentionPeriod must be longer than that of RoutingQueue",
    ),
    "a message handed out twice": (
        put("EventQueue", "VisibilityTimeout", 360),
        "EventQueue: VisibilityTimeout must be at least 361 (6 x CorrelateAlerts's 60 s + 1 s window)",
    ),
    "a queue whose waiting nobody sees": (
        drop_resource("StandardAgeAlarm"),
        "StandardQueue: add an alarm on ApproximateAgeOfOldestMessage",
    ),
    "dead letters that nobody sees": (
        drop_resource("StreamDeadLettersAlarm"),
        "StreamDeadLetters: add an alarm on ApproximateNumberOfMessagesVisible",
    ),
    "a rule whose target has no dead letters": (
        lambda document: properties(document, "ProblemRule")["Targets"][0].pop("DeadLetterConfig") and None,
        "ProblemRule: target ProblemQueue has no DeadLetterConfig",
    ),
    "a rule that may not send": (
        lambda document: properties(document, "BusMaySend")["Queues"].remove({"Ref": "BacklogQueue"}),
        "BacklogRule: no queue policy lets EventBridge send to BacklogQueue",
    ),
    "another runtime": (
        put("ServeApi", "Runtime", "python3.12"),
        "ServeApi: Runtime is python3.12, not python3.13",
    ),
    "another processor": (
        put("ServeApi", "Architectures", ["x86_64"]),
        "ServeApi: Architectures is ['x86_64'], not ['arm64']",
    ),
    "a function that is not built by our recipe": (
        lambda document: document["Resources"]["ServeApi"].pop("Metadata") and None,
        "ServeApi: add Metadata: BuildMethod: makefile",
    ),
    "a handler in somebody else's folder": (
        put("ServeApi", "Handler", "functions.board.handler.handler"),
        "ServeApi: Handler is functions.board.handler.handler, not functions.serve_api.handler.handler",
    ),
    "a variable that nobody reads": (
        new_variable,
        "ReceiveEvents: BUS_NAME is set, but ReceiveEventsSettings does not read it",
    ),
    "a setting that nobody sets": (
        lambda document: properties(document, "PublishChanges")["Environment"]["Variables"].pop("BUS_NAME"),
        "PublishChanges: PublishChangesSettings reads BUS_NAME, but it is not set",
    ),
    "a function without settings": (
        lambda document: document["Resources"].update(ServeCoffee=document["Resources"].pop("ServeApi")),
        "ServeCoffee: leitplanke/edge/settings.py has no class ServeCoffeeSettings",
    ),
    "a function without a log group": (
        drop("RouteIncidents", "LoggingConfig"),
        "RouteIncidents: add LoggingConfig: LogGroup with a log group of this template",
    ),
    "logs that are kept for ever": (
        drop("AccessLogs", "RetentionInDays"),
        "AccessLogs: add RetentionInDays",
    ),
    "every action": (
        allow("DetectRecurrence", "*", {"Fn::GetAtt": ["Table", "Arn"]}),
        "DetectRecurrence: Action '*' allows more than is needed; name the actions",
    ),
    "every action of a service": (
        allow("DetectRecurrence", ["dynamodb:*"], {"Fn::GetAtt": ["Table", "Arn"]}),
        "DetectRecurrence: Action 'dynamodb:*' allows more than is needed; name the actions",
    ),
    "every resource": (
        allow("DetectRecurrence", "sqs:SendMessage", "*"),
        "DetectRecurrence: Resource '*' for sqs:SendMessage; name the resource",
    ),
    "a function whose errors nobody sees": (
        drop_resource("WatchClocksErrorsAlarm"),
        "WatchClocks: add an alarm on Errors",
    ),
    "a route that leads nowhere": (
        put("GetHealthRoute", "Target", {"Fn::Sub": "integrations/${HttpApi}"}),
        "GetHealthRoute: Target names no integration of this template",
    ),
    "a route to a function that the API may not call": (
        drop_resource("ServeApiPermission"),
        "GetHealthRoute: no AWS::Lambda::Permission lets the API call ServeApi",
    ),
    "two routes for the same": (
        second_health_route,
        "GetDocsRoute: GET /health is already the key of GetHealthRoute",
    ),
    "a route that is open by accident": (
        put("PutPolicyRoute", "AuthorizationType", "NONE"),
        "PutPolicyRoute: PUT /v1/policy is open; add AuthorizationType: JWT, or list it as open",
    ),
    "a route without an authorizer": (
        drop("PutPolicyRoute", "AuthorizerId"),
        "PutPolicyRoute: add AuthorizerId",
    ),
    "a route that any token opens": (
        put("PutPolicyRoute", "AuthorizationScopes", []),
        "PutPolicyRoute: AuthorizationScopes must be",
    ),
    "scopes with a gap": (
        put("PutPolicyRoute", "AuthorizationScopes", scopes("respond", "admin")),
        "PutPolicyRoute: AuthorizationScopes must be",
    ),
    "a scope without the prefix": (
        put("PutPolicyRoute", "AuthorizationScopes", ["manage", "admin"]),
        "PutPolicyRoute: AuthorizationScopes must be",
    ),
    "an alarm that does not say where to look": (
        put("ApiFaultsAlarm", "AlarmDescription", "Oh no."),
        "ApiFaultsAlarm: AlarmDescription must say 'docs/runbook.md, ApiFaultsAlarm'",
    ),
    "a figure that nobody counts": (
        on_dashboard("IncidentsRestored", "IncidentsRestord"),
        "OperationsDashboard, Incidents: opened, taken, restored: nobody counts IncidentsRestord",
    ),
    "a figure under another function's name": (
        on_dashboard(
            '"EventsReceived", "service", "receive_events"', '"EventsReceived", "service", "serve_api"'
        ),
        "OperationsDashboard, What senders said: nobody counts EventsReceived of {'service': 'serve_api'}",
    ),
    "a figure under another dimension": (
        on_dashboard('"GuardrailsMet", "service"', '"GuardrailsMet", "function"'),
        "OperationsDashboard, What people did, and guardrails they met: nobody counts GuardrailsMet",
    ),
    "a figure that nobody sees": (
        on_dashboard("ChannelsToldBefore", "ChannelsTold"),
        "dashboards: show ChannelsToldBefore of notify_responders",
    ),
    "a metric that AWS does not have": (
        on_dashboard('"ApproximateAgeOfOldestMessage"', '"AgeOfOldestMessage"'),
        "OperationsDashboard, Oldest message of each lane, s: AWS has no AWS/SQS AgeOfOldestMessage",
    ),
    "a metric of a resource that is not there": (
        on_dashboard("${ProblemQueue.QueueName}", "${ProblemsQueue.QueueName}"),
        "OperationsDashboard, Oldest message of each lane, s: ProblemsQueue is no AWS::SQS::Queue",
    ),
    "an alarm on a figure that nobody counts": (
        put("NobodyToTellAlarm", "MetricName", "NobodyTold"),
        "NobodyToTellAlarm: nobody counts NobodyTold of {'service': 'notify_responders'}",
    ),
    "an alarm on no dashboard": (
        on_dashboard('"${ItemsRejectedAlarm.Arn}",', ""),
        "ItemsRejectedAlarm: put it on one dashboard, it is on 0",
    ),
    "an alarm that tells nobody": (
        drop("ApiFaultsAlarm", "AlarmActions"),
        "ApiFaultsAlarm: add AlarmActions",
    ),
}
