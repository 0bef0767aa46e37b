//! Loops with NCCL.

use cudarc::nccl::safe::{Comm, ReduceOp};

mod a_copy_is_reduced {
    fn without_a_name(comm: &Comm, model: &Net) -> Result<()> {
        for p in model.parameters() {
            comm.all_reduce_in_place(&mut p.grad().clone(), &ReduceOp::Avg)?; //~ error reduced_gradient_unused
        }
        Ok(())
    }

    fn with_a_name(comm: &Comm, model: &Net) -> Result<()> {
        for p in model.parameters() {
            let mut gradient = p.grad().clone();
            comm.all_reduce_in_place(&mut gradient, &ReduceOp::Avg)?; //~ error reduced_gradient_unused
        }
        Ok(())
    }

    fn written_back(comm: &Comm, model: &mut Net) -> Result<()> {
        for p in model.parameters_mut() {
            let mut gradient = p.grad().clone();
            comm.all_reduce_in_place(&mut gradient, &ReduceOp::Avg)?;
            p.set_grad(gradient);
        }
        Ok(())
    }
}

mod on_some_ranks {
    fn broadcast(comm: &Comm, weights: &mut CudaSlice<f32>) -> Result<()> {
        if comm.rank() == 0 {
            comm.broadcast_in_place(weights, 0)?; //~ error collective_on_some_ranks
        }
        Ok(())
    }

    fn on_all(comm: &Comm, weights: &CudaSlice<f32>, copy: &mut CudaSlice<f32>) -> Result<()> {
        if comm.rank() == 0 {
            comm.broadcast(Some(weights), copy, 0)?;
        } else {
            comm.broadcast(None, copy, 0)?;
        }
        Ok(())
    }

    fn iterators(rank: usize, values: &[f32]) {
        if rank == 0 {
            println!("{:?}", values.iter().copied().reduce(f32::max));
        }
    }
}

mod clipped_first {
    fn fit(comm: &Comm, model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train.iter() {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.clip_grad_norm(1.0); //~ error clip_before_all_reduce
            for p in model.parameters() {
                comm.all_reduce_in_place(&mut p.grad(), &ReduceOp::Avg)?;
            }
            optimizer.step();
        }
        Ok(())
    }
}
