"""The board's read model, made anew from the incidents themselves."""
