/// The sum has a new name, and the old name is used.
mod never_read {
    fn synchronise(world: &World, gradients: &[Tensor], model: &mut Net) {
        for gradient in gradients {
            let reduced = world.all_reduce(gradient); //~ error reduced_gradient_unused
            model.apply_gradient(gradient);
        }
    }
}

/// The sum of the loss is used, that of the gradient is not.
mod dropped_where_another_is_kept {
    fn report_and_update(model: &mut Net, loss: Tensor, gradient: Tensor) -> f32 {
        let loss = all_reduce(loss);
        all_reduce(gradient.clone()); //~ error reduced_gradient_unused
        model.apply_gradient(&gradient);
        loss.item()
    }
}

/// The sum has the old name.
mod shadowed {
    fn synchronise(world: &World, gradients: &[Tensor], model: &mut Net) {
        for gradient in gradients {
            let gradient = world.all_reduce(gradient) / world.size();
            model.apply_gradient(&gradient);
        }
    }
}

/// In place, as most libraries do it.
mod in_place {
    fn synchronise(group: &ProcessGroup, model: &Net) {
        for parameter in model.parameters() {
            group.all_reduce(&mut parameter.grad());
        }
    }

    fn of_every_kind(group: &ProcessGroup, model: &Net) {
        for parameter in model.parameters() {
            all_reduce(&parameter.grad(), ReduceOp::Sum);
        }
    }
}

/// Returned, or kept in a list.
mod handed_on {
    fn mean(world: &World, value: &Tensor) -> Tensor {
        world.all_reduce_mean(value)
    }

    fn all(world: &World, values: &[Tensor]) -> Vec<Tensor> {
        let mut sums = Vec::new();
        for value in values {
            sums.push(world.all_reduce(value));
        }
        sums
    }
}
