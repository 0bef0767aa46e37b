//! Dropout.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::random::{self, Purpose};
use crate::value::Value;
use crate::{Scalar, Tensor, kernel};

impl Tensor {
    /// Zeroes each element with probability `p` and scales the others up, so that the expected value is unchanged.
    ///
    /// This function always drops elements. The layer `Dropout` drops elements in training mode
    /// only.
    ///
    /// # Shapes
    /// `x: [..]` → `[..]`
    ///
    /// # Formula
    /// `y = x m`, `dx = g m`, where `m = 0` with probability `p`, else `1 / (1 - p)`.
    ///
    /// # Panics
    /// If `p` is outside [0, 1].
    #[track_caller]
    pub fn dropout(&self, p: Scalar) -> Self {
        assert!((0.0..=1.0).contains(&p), "dropout: the probability {p} is not in [0, 1]");
        if p == 0.0 {
            return self.clone();
        }
        let scale = if p == 1.0 { 0.0 } else { 1.0 / (1.0 - p) };
        // An element is dropped if its 32 random bits are below this bound. For `p = 1` the scale is 0 too.
        let bound = (f64::from(p) * 2.0_f64.powi(32)) as u32;
        let mut stream = random::draw(Purpose::Dropout);
        let mask = Value::build(self.value().shape().clone(), |mask| {
            stream.fill_with(mask, |word| if word < bound { 0.0 } else { scale });
        });
        masked(self, mask)
    }
}

#[track_caller]
fn masked(x: &Tensor, mask: Value) -> Tensor {
    let output = Value::build(x.value().shape().clone(), |y| {
        kernel::zip(x.as_slice(), mask.as_slice(), y, |x, m| x * m);
    });
    record(output, [x], move |mut gradient| {
        kernel::zip_in_place(gradient.make_mut(), mask.as_slice(), |g, m| g * m);
        [gradient]
    })
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[0]]], |x| {
    let drop_every_third = Value::build(x[0].value().shape().clone(), |mask| {
        mask.iter_mut().enumerate().for_each(|(i, m)| *m = if i % 3 == 0 { 0.0 } else { 1.5 });
    });
    masked(&x[0], drop_every_third)
})];

#[cfg(test)]
mod tests {
    use crate::{Tensor, seed};

    #[test]
    fn the_share_is_right_and_the_mean_stays() {
        seed(3);
        let y = Tensor::ones(&[100, 100]).dropout(0.3);
        let dropped = y.as_slice().iter().filter(|y| **y == 0.0).count();
        assert!((2800..3200).contains(&dropped), "{dropped}");
        assert!((y.mean().item() - 1.0).abs() < 0.03);
    }

    #[test]
    fn the_seed_decides_and_draws_differ() {
        seed(5);
        let ones = Tensor::ones(&[64]);
        let (first, second) = (ones.dropout(0.5), ones.dropout(0.5));
        seed(5);
        assert_eq!(ones.dropout(0.5).as_slice(), first.as_slice());
        assert_ne!(first.as_slice(), second.as_slice());
    }

    #[test]
    fn ends_are_exact() {
        let ones = Tensor::ones(&[8]);
        assert_eq!(ones.dropout(0.0).sum().item(), 8.0);
        assert_eq!(ones.dropout(1.0).sum().item(), 0.0);
    }
}
