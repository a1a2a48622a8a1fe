"""Networks; each has an `input_layer` whose columns belong to the inputs of the data."""
