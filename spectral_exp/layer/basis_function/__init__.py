"""Functions of one input, each a column of the layer; a new one is a class here and a file in conf/model/basis/."""
