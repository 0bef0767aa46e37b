//! The output shapes of layers during a forward pass, for summaries.
//!
//! Each layer of this crate passes its output through [`output`]. If no trace is active in the process, this
//! costs one load of a counter.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Tensor;

/// The identity of a module, valid until the module moves in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleId {
    address: usize,
    type_name: &'static str,
    /// Whether the value has a nonzero size. Zero-sized modules, such as `Relu`, may share an address.
    is_sized: bool,
}

impl ModuleId {
    /// The identity of a module.
    pub(crate) fn of<M: ?Sized>(module: &M) -> Self {
        Self {
            address: std::ptr::from_ref(module).cast::<()>().addr(),
            type_name: std::any::type_name::<M>(),
            is_sized: std::mem::size_of_val(module) > 0,
        }
    }

    /// The name of the type without its path and its arguments.
    pub(crate) fn kind(self) -> &'static str {
        let path = self.type_name.split('<').next().unwrap_or_default();
        path.rsplit("::").next().unwrap_or_default()
    }
}

/// A call of a layer.
struct Call {
    layer: ModuleId,
    /// For a layer of a `Sequential`, the sequence and the index of the layer.
    place: Option<(ModuleId, usize)>,
    shape: Vec<usize>,
}

/// The number of active traces in the process.
static TRACES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The calls on this thread since its trace began; `None` without a trace.
    static CALLS: RefCell<Option<Vec<Call>>> = const { RefCell::new(None) };
}

fn record(layer: impl FnOnce() -> ModuleId, place: Option<(ModuleId, usize)>, output: &Tensor) {
    let _ = CALLS.try_with(|calls| {
        if let Some(calls) = &mut *calls.borrow_mut() {
            calls.push(Call { layer: layer(), place, shape: output.shape().to_vec() });
        }
    });
}

/// Records the shape of a layer's output, and returns the output.
pub(super) fn output<L: ?Sized>(layer: &L, output: Tensor) -> Tensor {
    if TRACES.load(Ordering::Relaxed) > 0 {
        record(|| ModuleId::of(layer), None, &output);
    }
    output
}

/// Records the shape of the output of a layer in a sequence.
pub(super) fn output_at<S>(
    sequence: &S,
    index: usize,
    layer: impl FnOnce() -> ModuleId,
    output: Tensor,
) -> Tensor {
    if TRACES.load(Ordering::Relaxed) > 0 {
        record(layer, Some((ModuleId::of(sequence), index)), &output);
    }
    output
}

/// Records the calls of layers on this thread, until the trace is finished or dropped.
#[derive(Debug)]
pub(crate) struct Trace {
    thread: std::thread::ThreadId,
}

impl Trace {
    /// Begins a trace. An earlier trace of this thread ends.
    pub(crate) fn start() -> Self {
        TRACES.fetch_add(1, Ordering::Relaxed);
        let _ = CALLS.try_with(|calls| *calls.borrow_mut() = Some(Vec::new()));
        Self { thread: std::thread::current().id() }
    }

    /// Ends the trace, and returns the calls. On a thread other than that of `start`, there are no calls.
    pub(crate) fn finish(self) -> Calls {
        if self.thread != std::thread::current().id() {
            return Calls(Vec::new());
        }
        Calls(CALLS.try_with(|calls| calls.borrow_mut().take()).ok().flatten().unwrap_or_default())
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        TRACES.fetch_sub(1, Ordering::Relaxed);
        if self.thread == std::thread::current().id() {
            let _ = CALLS.try_with(|calls| *calls.borrow_mut() = None);
        }
    }
}

/// The calls of a trace.
pub(crate) struct Calls(Vec<Call>);

impl Calls {
    /// The shape of a layer's last output and the number of its calls. `place` is the parent and the index of
    /// the layer. Returns `None` if the layer was not called, or if it cannot be distinguished from others.
    pub(crate) fn output(
        &self,
        layer: ModuleId,
        place: Option<(ModuleId, usize)>,
    ) -> Option<(Vec<usize>, usize)> {
        let of = |is_it: &dyn Fn(&Call) -> bool| {
            let calls = self.0.iter().filter(|call| is_it(call)).collect::<Vec<_>>();
            calls.last().map(|last| (last.shape.clone(), calls.len()))
        };
        if let Some(found) = place.and_then(|place| of(&|call| call.place == Some(place))) {
            return Some(found);
        }
        let is_it = |call: &Call| call.place.is_none() && call.layer == layer;
        if layer.is_sized {
            return of(&is_it);
        }
        // Zero-sized fields may share an address, so the calls of one field are known only if all calls of
        // the type agree.
        let kind = |call: &&Call| call.place.is_none() && call.layer.type_name == layer.type_name;
        let mut shapes = self.0.iter().filter(kind).map(|call| &call.shape);
        let first = shapes.next()?;
        shapes.all(|shape| shape == first).then(|| (first.clone(), 1))
    }
}
