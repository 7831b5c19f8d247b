//! A walk through a graph, children first, whatever its depth.

/// How far a walk is with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It has not been met.
    New,
    /// Its children are being visited.
    Open,
    /// It has been visited.
    Done,
}

/// What is walked through.
pub(crate) trait Graph {
    type Node: Copy;
    type Error;

    fn state(&self, node: Self::Node) -> State;

    /// Makes a new node open, and appends its children, the first first.
    fn open(&mut self, node: Self::Node, children: &mut Vec<Self::Node>)
    -> Result<(), Self::Error>;

    /// An open node leads to itself: it is an error, or the way is not taken.
    fn on_cycle(&mut self, node: Self::Node) -> Result<(), Self::Error>;

    /// Makes an open node done; its children are.
    fn close(&mut self, node: Self::Node) -> Result<(), Self::Error>;
}

/// Visits all that `root` leads to, and then `root`, each once and after its children. Linear in nodes and edges, and
/// not recursive.
pub(crate) fn post_order<G: Graph>(graph: &mut G, root: G::Node) -> Result<(), G::Error> {
    // Nodes that are open, each below what was among its children and has not been visited.
    let mut stack = vec![root];
    let mut children = Vec::new();
    while let Some(&node) = stack.last() {
        match graph.state(node) {
            State::Done => {
                stack.pop();
            }
            State::Open => {
                stack.pop();
                graph.close(node)?;
            }
            State::New => {
                graph.open(node, &mut children)?;
                for child in children.drain(..).rev() {
                    match graph.state(child) {
                        State::New => stack.push(child),
                        State::Open => graph.on_cycle(child)?,
                        State::Done => {}
                    }
                }
            }
        }
    }
    Ok(())
}
