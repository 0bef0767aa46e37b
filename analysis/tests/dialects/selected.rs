//! The imports of a file select the vocabularies: this one does not use tch, unless an attribute says so.

use training_loop::prelude::*;

/// A method of the user's own that has the name of tch's fused call.
mod own_name {
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.backward_step(&loss);
            optimizer.step();
        }
    }
}

mod told {
    #[training_loop(crate = tch)]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.backward_step(&loss);
            optimizer.step(); //~ error step_repeated
        }
    }
}
