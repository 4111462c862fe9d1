//! Just enough of ONNX's format (protobuf) to write a tiny model.

/// A model of a few nodes.
#[derive(Default)]
pub(crate) struct Graph {
    nodes: Vec<u8>,
    constants: Vec<u8>,
    inputs: Vec<u8>,
    outputs: Vec<u8>,
}

/// Types of numbers, as ONNX counts them.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Float = 1,
    Int32 = 6,
    Int64 = 7,
}

impl Graph {
    pub(crate) fn input(mut self, name: &str, kind: Kind, shape: &[i64]) -> Graph {
        field(&mut self.inputs, 11, &value(name, kind, shape));
        self
    }

    pub(crate) fn output(mut self, name: &str, shape: &[i64]) -> Graph {
        field(&mut self.outputs, 12, &value(name, Kind::Float, shape));
        self
    }

    pub(crate) fn constant(mut self, name: &str, shape: &[u64], numbers: &[f32]) -> Graph {
        let mut tensor = Vec::new();
        shape.iter().for_each(|side| number(&mut tensor, 1, *side));
        number(&mut tensor, 2, Kind::Float as u64);
        field(&mut tensor, 8, name.as_bytes());
        field(&mut tensor, 9, &numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<_>>());
        field(&mut self.constants, 5, &tensor);
        self
    }

    pub(crate) fn node(mut self, op: &str, inputs: &[&str], output: &str, attributes: &[(&str, &[u64])]) -> Graph {
        let mut node = Vec::new();
        inputs.iter().for_each(|input| field(&mut node, 1, input.as_bytes()));
        field(&mut node, 2, output.as_bytes());
        field(&mut node, 4, op.as_bytes());
        for (name, values) in attributes {
            let mut attribute = Vec::new();
            field(&mut attribute, 1, name.as_bytes());
            match values {
                [one] => number(&mut attribute, 3, *one),
                several => several.iter().for_each(|n| number(&mut attribute, 8, *n)),
            }
            number(&mut attribute, 20, if values.len() == 1 { 2 } else { 7 });
            field(&mut node, 5, &attribute);
        }
        field(&mut self.nodes, 1, &node);
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut graph = self.nodes.clone();
        field(&mut graph, 2, b"test");
        graph.extend([&self.constants[..], &self.inputs, &self.outputs].concat());
        let mut operators = Vec::new();
        number(&mut operators, 2, 17);
        let mut model = Vec::new();
        number(&mut model, 1, 8);
        field(&mut model, 7, &graph);
        field(&mut model, 8, &operators);
        model
    }
}

fn value(name: &str, kind: Kind, sides: &[i64]) -> Vec<u8> {
    let mut shape = Vec::new();
    for (i, side) in sides.iter().enumerate() {
        let mut dimension = Vec::new();
        match u64::try_from(*side) {
            Ok(side) => number(&mut dimension, 1, side),
            Err(_) => field(&mut dimension, 2, format!("d{name}{i}").as_bytes()),
        }
        field(&mut shape, 1, &dimension);
    }
    let (mut tensor, mut kinds, mut value) = (Vec::new(), Vec::new(), Vec::new());
    number(&mut tensor, 1, kind as u64);
    field(&mut tensor, 2, &shape);
    field(&mut kinds, 1, &tensor);
    field(&mut value, 1, name.as_bytes());
    field(&mut value, 2, &kinds);
    value
}

fn number(out: &mut Vec<u8>, tag: u64, value: u64) {
    varint(out, tag << 3);
    varint(out, value);
}

fn field(out: &mut Vec<u8>, tag: u64, bytes: &[u8]) {
    varint(out, tag << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 127 {
        out.push(value as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8);
}
