//! Mistakes in the program panic at the line that made them, with the operation and both shapes.

use training_loop::prelude::*;

use crate::common::panic_of;

/// The panic message of an expression. The location of the panic must be the line of the expression.
macro_rules! said {
    ($work:expr) => {{
        let (file, line, words) = panic_of(|| $work);
        assert!(file.ends_with("bad_input/panics.rs") && line == line!(), "not at {file}:{line}: {words}");
        words
    }};
}

fn zeros(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape)
}

#[test]
fn a_label_out_of_range() {
    let logits = zeros(&[3, 2]);
    let labels = Labels::from(vec![0_usize, 1, 2]);
    let said = said!(cross_entropy(&logits, &labels));
    assert_eq!(
        said,
        "cross_entropy: the label of row 2 of this batch is 2, and the output [3, 2] has 2 classes, which count \
         from 0; correct the labels, or give the last layer at least 3 outputs \
         (`Labels::with_classes` finds the place in the whole data set)"
    );
    let said = said!(CrossEntropy::new().label_smoothing(0.1).loss(&logits, &labels));
    assert_eq!(
        said,
        "cross_entropy: the label of row 2 of this batch is 2, and the output [3, 2] has 2 classes, which count \
         from 0; correct the labels, or give the last layer at least 3 outputs \
         (`Labels::with_classes` finds the place in the whole data set)"
    );
    let said = said!(nll_loss(&logits, &labels));
    assert_eq!(
        said,
        "nll_loss: the label of row 2 of this batch is 2, and the output [3, 2] has 2 classes, which count from 0; \
         correct the labels, or give the last layer at least 3 outputs \
         (`Labels::with_classes` finds the place in the whole data set)"
    );
    let said = said!(cross_entropy(&logits, &Labels::from(vec![0_usize, 1])));
    assert_eq!(
        said,
        "cross_entropy: the labels [2] do not fit the output [3, 2], whose last axis is the classes; axis 0 has length 2 \
         in the labels and 3 in the output"
    );
}

#[test]
fn shapes_that_do_not_fit() {
    let (a, b) = (zeros(&[2, 3]), zeros(&[4, 5]));
    let said = said!(&a + &b);
    assert_eq!(
        said,
        "add: the shapes [2, 3] and [4, 5] do not broadcast; counted from the last axis, lengths must \
         be equal or 1"
    );
    let said = said!(&a * &b);
    assert_eq!(
        said,
        "mul: the shapes [2, 3] and [4, 5] do not broadcast; counted from the last axis, lengths must \
         be equal or 1"
    );
    let said = said!(a.matmul(&b));
    assert_eq!(
        said,
        "matmul: the columns of the left side [2, 3] must equal the rows of the right side [4, 5], \
         and 3 is not 4; `transpose` swaps the last two axes"
    );
    let said = said!(Linear::new(4, 2).forward(&a));
    assert_eq!(
        said,
        "linear: the last axis of the input [2, 3] must equal the columns of the weight [2, 4] [out, \
         in]; build the layer for that many inputs, or `reshape` the input"
    );
    let said = said!(a.reshape(&[7]));
    assert_eq!(said, "reshape: a tensor of shape [2, 3] has 6 elements, and the shape [7] needs 7");
    let said = said!(a.sum_axis(2));
    assert_eq!(said, "sum_axis: a tensor of shape [2, 3] has no axis 2");
    let said = said!(mse_loss(&zeros(&[4, 1]), &zeros(&[4])));
    assert_eq!(
        said,
        "mse_loss: the output has the shape [4, 1] and the target [4]; they must be equal, `reshape` \
         one of them"
    );
    let said = said!(cross_entropy(&zeros(&[4]), &Labels::from(vec![0_usize])));
    assert_eq!(
        said,
        "cross_entropy: the labels [1] do not fit the output [4], whose last axis is the classes; write \
         `labels.reshape(&[])`"
    );
    let said = said!(a.item());
    assert_eq!(said, "item: a tensor of shape [2, 3] is not a single number");
    let said = said!(Parameter::new(ndarray::arr1(&[1.0, 2.0])).set(ndarray::arr1(&[1.0])));
    assert_eq!(said, "set: the new value has the shape [1], and the parameter has [2]");
    let said = said!(BatchNorm1d::new(4).forward(&a));
    assert_eq!(
        said,
        "BatchNorm1d: the input [2, 3] must be [n, features] or [n, features, length], with 4 \
         features"
    );
    let said = said!(LayerNorm::new(4).forward(&a));
    assert_eq!(said, "layer_norm: the last axes of the input [2, 3] must be those of the weight [4]");
    let said = said!(Lstm::new(3, 4).forward(&a, None));
    assert_eq!(said, "lstm: the input must be [batch, time, in], and its shape is [2, 3]");
}

#[test]
fn a_backward_that_cannot_be() {
    let weight = Parameter::new(ndarray::arr1(&[1.0, 2.0]));
    let loss = (weight.tensor() * 2.0).sum();
    loss.backward();
    let said = said!(loss.backward());
    assert_eq!(
        said,
        "backward: the graph behind this tensor was freed by an earlier `backward`; compute the \
         forward pass again, add the losses and call `backward` once, or keep the graph with \
         `backward_retain_graph`"
    );
    let said = said!(weight.tensor().backward());
    assert_eq!(
        said,
        "backward: only a single number can be differentiated, and this tensor has the shape [2]; \
         reduce it first, for example with `.mean()` or `.sum()`"
    );
    let said = said!(zeros(&[]).backward());
    assert_eq!(
        said,
        "backward: this tensor was not recorded; it depends on no parameter, or was computed under \
         `no_grad`, or detached"
    );
    let unseen = no_grad(|| (weight.tensor() * 2.0).sum());
    let said = said!(unseen.backward());
    assert_eq!(
        said,
        "backward: this tensor was not recorded; it depends on no parameter, or was computed under \
         `no_grad`, or detached"
    );
    assert_eq!(weight.grad().unwrap(), ndarray::arr1(&[2.0, 2.0]).into_dyn(), "the gradient is what it was");
}

#[test]
fn a_batch_size_of_zero() {
    let data = TensorDataset::new(zeros(&[3, 2]), Labels::from(vec![0_usize, 1, 0])).unwrap();
    let loader = DataLoader::new(data, 0);
    let said = said!((&loader).into_iter());
    assert_eq!(said, "DataLoader: `batch_size` is 0, but must be at least 1");
}

#[test]
fn a_step_with_a_momentum_out_of_range() {
    let weight = Parameter::new(ndarray::arr1(&[1.0]));
    let mut optimizer = Sgd::new(vec![weight.clone()], 0.1).momentum(1.5);
    weight.tensor().sum().backward();
    let said = said!(optimizer.step());
    assert_eq!(said, "`momentum` of `Sgd` is 1.5, but must be in [0, 1)");
    assert_eq!(weight.value()[0], 1.0, "nothing moved");
}

#[test]
fn pictures_in_the_wrong_shape() {
    let said = said!(Linear::new(64, 3).forward(&zeros(&[32, 16, 2, 2])));
    assert!(said.ends_with("`flatten(1)` the input first, or put a `Flatten` before the layer"), "{said}");
    let said = said!(Linear::new(60, 3).forward(&zeros(&[32, 16, 2, 2])));
    assert!(
        said.ends_with("`flatten(1)` the input first, and build the layer for that many inputs"),
        "{said}"
    );
    let said = said!(Conv2d::new(1, 4, 3).forward(&zeros(&[32, 8, 8])));
    assert!(
        said.ends_with("with one channel write `x.reshape(&[x.shape()[0], 1, x.shape()[1], x.shape()[2]])`"),
        "{said}"
    );
    let said = said!(BatchNorm1d::new(8).forward(&zeros(&[2, 8, 3, 3])));
    let help = "for this number of axes use `BatchNorm2d`";
    assert!(said.ends_with(help), "{said}");
}
