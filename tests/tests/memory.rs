//! Memory and threads: training does not leak, long graphs do not recurse, inference can be shared.

#![expect(unsafe_code, reason = "an allocator that counts is an unsafe trait; it only passes calls on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};

use training_loop::prelude::*;
use training_loop::set_num_threads;

/// The system's allocator, counting live bytes.
struct Counting;

static ALIVE: AtomicIsize = AtomicIsize::new(0);

/// The number of allocations of any size, and of those over [`LARGE`] bytes, since the start.
static TAKEN: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

const LARGE: usize = 4 * 1024;

// SAFETY: every call is forwarded to the system's allocator unchanged; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALIVE.fetch_add(layout.size().cast_signed(), Ordering::Relaxed);
        TAKEN[0].fetch_add(1, Ordering::Relaxed);
        if layout.size() > LARGE {
            TAKEN[1].fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller upholds the contract of `alloc`, which is also the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALIVE.fetch_sub(layout.size().cast_signed(), Ordering::Relaxed);
        // SAFETY: the pointer came from `alloc` above with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The counters are process-wide, so one test runs at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Allowance for the test harness, which starts and ends other tests meanwhile and allocates some kilobytes.
/// A leak of one node per step exceeds it.
const SLACK: isize = 32 * 1024;

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn alive() -> isize {
    ALIVE.load(Ordering::Relaxed)
}

#[derive(Module)]
struct Mlp {
    hidden: Linear,
    dropout: Dropout,
    output: Linear,
}

impl Mlp {
    fn new() -> Self {
        Self { hidden: Linear::new(20, 64), dropout: Dropout::new(0.1), output: Linear::new(64, 5) }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&self.dropout.forward(&self.hidden.forward(x).relu()))
    }
}

fn inputs(rows: usize) -> ndarray::Array2<f32> {
    ndarray::Array2::from_shape_fn((rows, 20), |(i, j)| ((i * 20 + j) as f32 * 0.37).sin())
}

fn loader() -> DataLoader {
    let labels: Vec<usize> = (0..100).map(|i| i * 7 % 5).collect();
    // 100 samples in batches of 16: the last batch of each pass is shorter.
    DataLoader::new(TensorDataset::new(Tensor::from(inputs(100)), Labels::from(labels)).unwrap(), 16)
        .shuffle(3)
}

#[training_loop]
fn passes(model: &Mlp, train: &DataLoader, optimizer: &mut Adam, epochs: usize) {
    model.train();
    for _ in 0..epochs {
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.clip_grad_norm(1.0);
            optimizer.step();
            assert!(loss.item().is_finite());
        }
    }
}

#[test]
fn steady_training_holds_the_same_memory() {
    let _alone = alone();
    let (model, train) = (Mlp::new(), loader());
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    // 100 passes of 7 batches, until every buffer has its final size.
    passes(&model, &train, &mut optimizer, 100);
    let before = alive();
    passes(&model, &train, &mut optimizer, 286);
    let grown = alive() - before;
    assert!(grown.abs() < SLACK, "2,002 steps grew the memory by {grown} bytes");
}

#[derive(Module)]
struct Perceptron {
    first: Linear,
    second: Linear,
    output: Linear,
}

/// The perceptron 784-256-128-10 with batches of 64, as in the benchmark. From the tenth step on, it makes no
/// large allocation, with one thread and with two.
#[test]
fn steady_steps_allocate_nothing_large() {
    let _alone = alone();
    for threads in [1, 2] {
        set_num_threads(threads);
        let model = Perceptron {
            first: Linear::new(784, 256).activation(Activation::Relu),
            second: Linear::new(256, 128).activation(Activation::Relu),
            output: Linear::new(128, 10),
        };
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let pictures =
            ndarray::Array2::from_shape_fn((256, 784), |(i, j)| ((i * 784 + j) as f32 * 0.37).sin());
        let labels: Vec<u32> = (0..256).map(|i| i * 7 % 10).collect();
        let mut before = [0, 0];
        for step in 0..60 {
            if step == 10 {
                before = TAKEN.each_ref().map(|count| count.load(Ordering::Relaxed));
            }
            let start = step % 4 * 64;
            let x = Tensor::from(pictures.slice(ndarray::s![start..start + 64, ..]));
            let y = Labels::from(&labels[start..start + 64]);
            let output = model.output.forward(&model.second.forward(&model.first.forward(&x)));
            let loss = cross_entropy(&output, &y);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            assert!(loss.item().is_finite());
        }
        let after = TAKEN.each_ref().map(|count| count.load(Ordering::Relaxed));
        let [all, large] = [0, 1].map(|kind| after[kind] - before[kind]);
        println!("{threads} threads: {} small allocations a step", (all - large) as f64 / 50.0);
        assert_eq!(large, 0, "allocations over {LARGE} bytes in 50 steps on {threads} threads");
        assert!(all <= 50 * 80, "{all} small allocations in 50 steps");
    }
}

#[test]
fn evaluation_holds_no_graph() {
    let _alone = alone();
    let model = Mlp::new();
    let x = Tensor::from(inputs(1000));
    // Twenty graphs at once: with a single graph, recycled buffers would hide the memory that the graph
    // holds.
    let held = |run: &dyn Fn() -> Tensor| {
        drop(run());
        let before = alive();
        let outputs: Vec<Tensor> = (0..20).map(|_| run()).collect();
        let held = (alive() - before) / 20;
        assert!(outputs.iter().all(|output| output.item().is_finite()));
        held
    };
    // The intermediate tensors would be 64 floats for each of 1000 rows.
    let deep = || model.forward(&model.forward(&x).sum_axis(1).reshape(&[50, 20])).sum();
    let without = held(&|| no_grad(deep));
    assert!(without < SLACK, "no_grad holds {without} bytes");
    let guarded = held(&|| {
        let _evaluation = evaluation(&model);
        deep()
    });
    assert!(guarded < SLACK, "evaluation holds {guarded} bytes");
    let recorded = held(&deep);
    assert!(recorded > 200_000, "a recorded graph holds {recorded} bytes: the measure sees nothing");
}

#[test]
fn a_graph_goes_with_its_last_tensor() {
    let _alone = alone();
    let weight = Parameter::new(ndarray::Array1::<f32>::ones(1000));
    let chain = || {
        let mut x = weight.tensor();
        for _ in 0..100 {
            x = &x * &weight.tensor();
        }
        x
    };
    drop(chain());
    let before = alive();
    for _ in 0..50 {
        drop(chain());
    }
    assert!((alive() - before).abs() < SLACK, "{} bytes stayed", alive() - before);
}

/// Runs on a stack of 128 KiB, where 100,000 nested drops would need megabytes.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(128 * 1024).spawn(run).unwrap().join().unwrap();
}

fn long_chain(weight: &Parameter) -> Tensor {
    let mut x = weight.tensor();
    for _ in 0..100_000 {
        x += 0.5;
    }
    x
}

#[test]
fn a_graph_of_100_000_nodes_is_dropped_without_deep_calls() {
    let _alone = alone();
    on_a_small_stack(|| drop(long_chain(&Parameter::new(ndarray::arr1(&[1.0])))));
}

#[test]
fn a_graph_of_100_000_nodes_runs_backward_without_deep_calls() {
    let _alone = alone();
    on_a_small_stack(|| {
        let weight = Parameter::new(ndarray::arr1(&[1.0]));
        let loss = long_chain(&weight).sum();
        loss.backward();
        assert_eq!(weight.grad().unwrap(), ndarray::arr1(&[1.0]).into_dyn());
        assert_eq!(loss.item(), 50_001.0);
    });
}

#[test]
fn two_threads_share_a_model() {
    let _alone = alone();
    let model = Mlp::new();
    model.eval();
    let x = inputs(200);
    let alone = no_grad(|| model.forward(&Tensor::from(x.view()))).to_array();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let output = no_grad(|| model.forward(&Tensor::from(x.view())));
                        assert_eq!(output.to_array(), alone);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

fn movable<T: Send + Sync + 'static>(value: T) -> T {
    value
}

#[test]
fn a_trained_model_moves_to_another_thread() {
    let _alone = alone();
    let model = movable(Mlp::new());
    let x = movable(Tensor::from(inputs(3)));
    model.eval();
    let here = model.forward(&x).to_array();
    let there = std::thread::spawn(move || model.forward(&x).to_array()).join().unwrap();
    assert_eq!(here, there);
}

#[test]
fn no_grad_is_the_threads_own() {
    let _alone = alone();
    let weight = Parameter::new(ndarray::arr1(&[2.0]));
    let _guard = no_grad_guard();
    assert!(!weight.tensor().requires_grad());
    let other = weight.clone();
    assert!(std::thread::spawn(move || other.tensor().requires_grad()).join().unwrap());
}
