//! Losses of pairs, triplets, counts and variances, and all losses with the reductions `none` and `sum`.

use training_loop::{
    BceWithLogits, CosineEmbedding, CrossEntropy, Focal, GaussianNll, HingeEmbedding, Huber, Labels,
    MarginRanking, MultiMargin, PoissonNll, Scalar, SmoothL1, Tensor, TripletMargin, unreduced,
};

use crate::cases::{Case, Verdict, cases, differentiate};

#[test]
pub(crate) fn margins() {
    let mut verdict = Verdict::default();
    for case in cases("margins") {
        differentiate(&mut verdict, &case, |x| match case.text("reduction") {
            "none" => each(&case, x),
            "sum" => each(&case, x).sum(),
            _ => mean(&case, x).unwrap_or_else(|| each(&case, x).mean()),
        });
    }
    verdict.demand("margins");
}

/// An option of the loss, if it is recorded.
fn option(case: &Case, key: &str) -> Option<Scalar> {
    let options = case.part("options");
    options.has(key).then(|| options.number(key) as Scalar)
}

fn is_set(case: &Case, key: &str) -> bool {
    let options = case.part("options");
    options.has(key) && options.flag(key)
}

fn target(case: &Case) -> Tensor {
    Tensor::from(case.array("target"))
}

fn labels(case: &Case) -> Labels {
    Labels::from(case.counts("labels"))
}

/// The mean, by the function or the method that computes it; `None` if no case needs another way than [`each`].
fn mean(case: &Case, x: &[Tensor]) -> Option<Tensor> {
    let margin = option(case, "margin");
    Some(match case.text("loss") {
        "pos_weight" => weighted(case).loss(&x[0], &target(case)),
        "focal" => focal(case).loss(&x[0], &target(case)),
        "poisson_nll" => poisson(case).loss(&x[0], &target(case)),
        "gaussian_nll" => gaussian(case).loss(&x[0], &x[1], &x[2]),
        "hinge_embedding" => HingeEmbedding::new(margin.unwrap_or(1.0)).loss(&x[0], &target(case)),
        "margin_ranking" => MarginRanking::new(margin.unwrap_or(0.0)).loss(&x[0], &x[1], &target(case)),
        "cosine_embedding" => CosineEmbedding::new(margin.unwrap_or(0.0)).loss(&x[0], &x[1], &target(case)),
        "triplet" => triplet(case).loss(&x[0], &x[1], &x[2]),
        "multi_margin" => multi_margin(case).loss(&x[0], &labels(case)),
        "cross_entropy" => cross_entropy(case).loss(&x[0], &labels(case)),
        "cross_entropy_probabilities" => cross_entropy(case).loss(&x[0], &target(case)),
        _ => return None,
    })
}

fn each(case: &Case, x: &[Tensor]) -> Tensor {
    let margin = option(case, "margin");
    match case.text("loss") {
        "mse" => unreduced::mse_loss(&x[0], &x[1]),
        "l1" => unreduced::l1_loss(&x[0], &x[1]),
        "huber" => Huber::new(0.5).unreduced(&x[0], &x[1]),
        "smooth_l1" => SmoothL1::new(0.5).unreduced(&x[0], &x[1]),
        "bce" => unreduced::bce_loss(&x[0], &target(case)),
        "bce_with_logits" => unreduced::bce_with_logits_loss(&x[0], &target(case)),
        "kl_div" => unreduced::kl_div(&x[0], &target(case)),
        "nll" => unreduced::nll_loss(&x[0], &labels(case)),
        "pos_weight" => weighted(case).unreduced(&x[0], &target(case)),
        "focal" => focal(case).unreduced(&x[0], &target(case)),
        "poisson_nll" => poisson(case).unreduced(&x[0], &target(case)),
        "gaussian_nll" => gaussian(case).unreduced(&x[0], &x[1], &x[2]),
        "hinge_embedding" => HingeEmbedding::new(margin.unwrap_or(1.0)).unreduced(&x[0], &target(case)),
        "margin_ranking" => MarginRanking::new(margin.unwrap_or(0.0)).unreduced(&x[0], &x[1], &target(case)),
        "cosine_embedding" => {
            CosineEmbedding::new(margin.unwrap_or(0.0)).unreduced(&x[0], &x[1], &target(case))
        }
        "triplet" => triplet(case).unreduced(&x[0], &x[1], &x[2]),
        "multi_margin" => multi_margin(case).unreduced(&x[0], &labels(case)),
        "cross_entropy" => cross_entropy(case).unreduced(&x[0], &labels(case)),
        "cross_entropy_probabilities" => cross_entropy(case).unreduced(&x[0], &target(case)),
        other => panic!("the recorded loss `{other}` is not tested: add it here"),
    }
}

fn weighted(case: &Case) -> BceWithLogits {
    BceWithLogits::new().pos_weight(Tensor::from(case.array("pos_weight")))
}

fn focal(case: &Case) -> Focal {
    let loss = Focal::new().gamma(option(case, "gamma").unwrap_or(2.0));
    match option(case, "alpha") {
        Some(alpha) if alpha < 0.0 => loss.no_alpha(),
        Some(alpha) => loss.alpha(alpha),
        None => loss,
    }
}

fn poisson(case: &Case) -> PoissonNll {
    let options = case.part("options");
    let mut loss = PoissonNll::new().eps(option(case, "eps").unwrap_or(1e-8));
    if options.has("log_input") && !options.flag("log_input") {
        loss = loss.rates();
    }
    if is_set(case, "full") { loss.full() } else { loss }
}

fn gaussian(case: &Case) -> GaussianNll {
    let loss = GaussianNll::new().eps(option(case, "eps").unwrap_or(1e-6));
    if is_set(case, "full") { loss.full() } else { loss }
}

fn triplet(case: &Case) -> TripletMargin {
    let mut loss = TripletMargin::new(option(case, "margin").unwrap_or(1.0));
    if let Some(p) = option(case, "p") {
        loss = loss.p(p);
    }
    if let Some(eps) = option(case, "eps") {
        loss = loss.eps(eps);
    }
    if is_set(case, "swap") { loss.swap() } else { loss }
}

fn multi_margin(case: &Case) -> MultiMargin {
    let loss = MultiMargin::new(option(case, "margin").unwrap_or(1.0));
    if option(case, "p") == Some(2.0) { loss.squared() } else { loss }
}

fn cross_entropy(case: &Case) -> CrossEntropy {
    crate::losses::builder(case)
}
