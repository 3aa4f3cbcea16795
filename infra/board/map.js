// Draws the catalogue from its own list: who needs what, from the left to the right.
//
//   #catalogue [data-node=id]  data-name, data-says, data-state, data-kind, data-href, data-needs=[{needs: id, cut}]
import dagre from "@dagrejs/dagre";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 46;
const CHARACTER_PX = 7.6;
const LONGEST = 30;
const NARROW_PX = 700;

function element(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const short = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

function layout(items, isNarrow) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: isNarrow ? "TB" : "LR", nodesep: 14, ranksep: 56, marginx: 6, marginy: 6 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { dataset } of items) {
    const longest = Math.max(short(dataset.name).length, short(dataset.says).length);
    graph.setNode(dataset.node, { width: longest * CHARACTER_PX + 22, height: HEIGHT, dataset });
  }
  for (const { dataset } of items) {
    for (const { needs, cut } of JSON.parse(dataset.needs)) {
      if (graph.hasNode(needs)) graph.setEdge(dataset.node, needs, { cut });
    }
  }
  dagre.layout(graph);
  return graph;
}

function edge({ points, cut }) {
  const way = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  return element("polyline", { class: cut ? "edge cut" : "edge", points: way });
}

function node({ x, y, width, height, dataset }) {
  const corner = dataset.kind === "customer" ? 20 : 4;
  const parts = [
    element("title", {}, `${dataset.name}: ${dataset.says}`),
    element("rect", { class: "box", x: x - width / 2, y: y - height / 2, width, height, rx: corner }),
    element("text", { x, y: y - 3, "text-anchor": "middle" }, short(dataset.name)),
    element("text", { class: "says", x, y: y + 14, "text-anchor": "middle" }, short(dataset.says)),
  ];
  return dataset.href
    ? element("a", { class: dataset.state, href: dataset.href }, ...parts)
    : element("g", { class: dataset.state }, ...parts);
}

let last = "";

function draw() {
  const space = document.getElementById("map-drawn");
  const items = [...document.querySelectorAll("#catalogue [data-node]")];
  if (!space || !items.length) return;
  const isNarrow = innerWidth < NARROW_PX;
  const seen = JSON.stringify([isNarrow, ...items.map(({ dataset }) => ({ ...dataset }))]);
  if (seen === last && space.firstChild) return; // whoever looks at it keeps their place
  last = seen;
  const graph = layout(items, isNarrow);
  const { width, height } = graph.graph();
  const picture = element("svg", {
    viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
    width: Math.ceil(width),
    height: Math.ceil(height),
    role: "group",
    "aria-label": "The catalogue as a picture; the list below says the same",
  });
  picture.append(...graph.edges().map((one) => edge(graph.edge(one))));
  picture.append(...graph.nodes().map((one) => node(graph.node(one))));
  const { scrollLeft } = space;
  const focused = space.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  space.replaceChildren(picture);
  space.scrollLeft = scrollLeft;
  const again = [...picture.querySelectorAll("a")].find((one) => one.getAttribute("href") === focused);
  again?.focus({ preventScroll: true });
}

draw();
document.addEventListener("board:changed", draw);
addEventListener("resize", draw);
