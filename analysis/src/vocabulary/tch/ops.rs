//! The methods of tch's `Tensor` that compute a tensor, sorted by what happens to the gradient.
//!
//! Only the plain names are listed.
//! [`Vocabularies`](crate::vocabulary::Vocabularies) derives the twins by their spelling: `f_relu` returns a
//! `Result`, `relu_` writes to its receiver.

/// Methods that return the same values in another shape, kind or order, or clamped to a range.
pub(super) const MOVES: &[&str] = &[
    "alias", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_to", "clamp_max",
    "clamp_max_tensor", "clamp_min_tensor", "clamp_tensor", "clip", "clip_tensor", "expand",
    "expand_as", "flip", "fliplr", "flipud", "moveaxis", "moveaxis_int", "movedim", "movedim_int",
    "mt", "positive", "ravel", "repeat", "reshape_as", "roll", "squeeze_dims", "swapaxes",
    "swapdims", "tile", "to_dtype", "to_other", "totype", "tr", "type_as", "unflatten",
];

/// Methods that apply a differentiable function to each entry.
pub(super) const EACH: &[&str] = &[
    "absolute", "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh",
    "asin", "asinh", "atan", "atanh", "celu", "cos", "cosh", "deg2rad", "digamma", "divide_scalar",
    "erf", "erfc", "erfinv", "exp2", "expm1", "float_power", "float_power_tensor_scalar",
    "g_add_scalar", "g_div_scalar", "g_mul_scalar", "g_sub_scalar", "hardshrink", "hardsigmoid",
    "hardswish", "hardtanh", "i0", "lgamma", "log10", "log1p", "log2", "logit", "masked_fill",
    "masked_fill_tensor", "mish", "multiply_scalar", "nan_to_num", "neg", "negative",
    "pow_tensor_scalar", "prelu", "rad2deg", "reciprocal", "relu6", "rrelu", "rsqrt", "rsub_scalar",
    "selu", "sin", "sinc", "sinh", "softshrink", "subtract_scalar", "tan", "threshold",
    "true_divide_scalar", "xlogy",
];

/// Differentiable methods of any other kind, losses included.
pub(super) const OTHER: &[&str] = &[
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "addbmm", "addcdiv",
    "addcmul", "addmm", "addmv", "addr", "adjoint", "alpha_dropout", "amin", "as_strided",
    "avg_pool1d", "avg_pool2d", "avg_pool2d_default", "avg_pool3d", "baddbmm", "batch_norm",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "bmm", "channel_shuffle",
    "cholesky", "col2im", "constant_pad_nd", "conv1d", "conv2d", "conv3d", "conv_tbc",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution",
    "cosine_embedding_loss", "cosine_similarity", "cross", "cross_entropy_for_logits",
    "cross_entropy_loss", "cumprod", "cumsum", "det", "diag", "diag_embed", "diagonal", "diff",
    "dist", "divide", "dot", "dropout", "feature_dropout", "fmax", "fmin", "frobenius_norm",
    "g_add", "g_div", "g_mul", "g_sub", "ger", "glu", "grid_sampler", "group_norm", "gru_cell",
    "hinge_embedding_loss", "huber_loss", "im2col", "index", "index_add", "index_fill", "index_put",
    "inner", "instance_norm", "inverse", "kl_div", "kron", "l1_loss", "layer_norm", "lerp",
    "lerp_tensor", "linear", "logaddexp", "logaddexp2", "logcumsumexp", "logdet", "lu_solve",
    "masked_scatter", "masked_select", "matrix_exp", "matrix_power", "max_other", "max_pool1d",
    "max_pool2d", "max_pool2d_default", "max_pool3d", "maximum", "median", "mh", "min_other",
    "minimum", "mm", "mse_loss", "multilabel_margin_loss", "multiply", "mv", "nanmean", "nanmedian",
    "nansum", "narrow_tensor", "nll_loss", "nll_loss2d", "nll_loss_nd", "norm",
    "norm_scalaropt_dim", "nuclear_norm", "outer", "pad", "pdist", "pinverse", "pixel_shuffle",
    "pixel_unshuffle", "poisson_nll_loss", "prod", "prod_dim_int", "put", "reflection_pad1d",
    "reflection_pad2d", "reflection_pad3d", "remainder", "renorm", "repeat_interleave_self_int",
    "replication_pad1d", "replication_pad2d", "replication_pad3d", "rms_norm", "rot90", "rsub",
    "scatter", "scatter_add", "scatter_reduce", "scatter_value", "slice_scatter", "smooth_l1_loss",
    "soft_margin_loss", "std", "std_dim", "stft", "subtract", "sum_to_size", "take",
    "take_along_dim", "tensordot", "trace", "tril", "triplet_margin_loss", "triu", "true_divide",
    "unfold", "upsample_bicubic2d", "upsample_bilinear2d", "upsample_linear1d",
    "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_trilinear3d",
    "var_dim", "vdot", "view_dtype", "where_self", "zero_pad1d", "zero_pad2d",
];

/// Methods whose result has no gradient: comparisons, roundings, positions and draws.
pub(super) const CHOICES: &[&str] = &[
    "all", "any", "argmin", "argsort", "argwhere", "bernoulli", "bucketize", "ceil",
    "count_nonzero", "eq", "fix", "floor", "floor_divide", "ge", "ge_tensor", "greater",
    "greater_equal", "greater_equal_tensor", "greater_tensor", "gt_tensor", "heaviside", "histc",
    "isclose", "isfinite", "isinf", "isnan", "le", "le_tensor", "less", "less_equal",
    "less_equal_tensor", "less_tensor", "logical_and", "logical_not", "logical_or", "logical_xor",
    "lt_tensor", "multinomial", "ne", "ne_tensor", "nonzero", "not_equal", "not_equal_tensor",
    "one_hot", "onehot", "round_decimals", "searchsorted", "sgn", "signbit", "trunc",
];
