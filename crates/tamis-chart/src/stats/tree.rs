//! Trees told as a table of names, parents and values.

use std::collections::BTreeMap;

use crate::spec::{Channel, Chart};
use crate::table::{Cells, Column};

/// One node of a tree.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeNode {
    /// The row of the table that tells of it.
    pub row: usize,
    /// Its name.
    pub name: String,
    /// Of a leaf its value, of an inner node the sum of its children.
    pub value: f64,
    /// 0 for children of the root.
    pub depth: usize,
    /// Places of its children in [`Tree::nodes`].
    pub children: Vec<usize>,
    /// Place of its parent.
    pub parent: Option<usize>,
    /// Place of its ancestor among the root's children (itself for these).
    pub branch: usize,
}

/// A tree, each node at its row.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// By row.
    pub nodes: Vec<TreeNode>,
    /// Children of the root.
    pub roots: Vec<usize>,
    /// Sum of all leaves.
    pub total: f64,
}

impl Tree {
    /// The tree of a valid treemap or sunburst; `None` when columns are missing or parents run in circles.
    pub fn of(chart: &Chart) -> Option<Tree> {
        let column = |c| chart.column(c).and_then(|name| chart.table.column(name));
        Tree::from_columns(column(Channel::X)?, column(Channel::Parent)?, column(Channel::Value)?)
    }

    fn from_columns(names: &Column, parents: &Column, values: &Column) -> Option<Tree> {
        let (Cells::Text(names), Cells::Text(parents)) = (&names.cells, &parents.cells) else { return None };
        let row_of: BTreeMap<&str, usize> =
            names.iter().enumerate().filter_map(|(r, n)| Some((n.as_deref()?, r))).collect();
        let parent = |row: usize| parents.get(row).and_then(Option::as_deref).and_then(|p| row_of.get(p).copied());
        let mut nodes = Vec::with_capacity(names.len());
        for (row, name) in names.iter().enumerate() {
            let (mut depth, mut branch) = (0, row);
            while let Some(above) = parent(branch) {
                (depth, branch) = (depth + 1, above);
                if depth > names.len() {
                    return None;
                }
            }
            let name = name.clone().unwrap_or_default();
            let value = values.number(row).unwrap_or(0.0).max(0.0);
            nodes.push(TreeNode { row, name, value, depth, children: Vec::new(), parent: parent(row), branch });
        }
        let roots: Vec<usize> = (0..nodes.len()).filter(|n| nodes[*n].parent.is_none()).collect();
        for row in 0..nodes.len() {
            if let Some(above) = nodes[row].parent {
                nodes[above].children.push(row);
            }
        }
        // From the deepest up: sums of children replace what inner nodes say of themselves.
        let mut order: Vec<usize> = (0..nodes.len()).collect();
        order.sort_by_key(|n| std::cmp::Reverse(nodes[*n].depth));
        for n in order {
            if !nodes[n].children.is_empty() {
                nodes[n].value = nodes[n].children.iter().map(|c| nodes[*c].value).sum();
            }
        }
        let total = roots.iter().map(|r| nodes[*r].value).sum();
        Some(Tree { nodes, roots, total })
    }

    /// The deepest level, from 0.
    pub fn depth(&self) -> usize {
        self.nodes.iter().map(|n| n.depth).max().unwrap_or(0)
    }
}
