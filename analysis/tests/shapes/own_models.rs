//! Models of libraries without a vocabulary that keep their gradients and update themselves.

fn zeroed_before_the_loop(model: &mut Net, data: &[Batch]) {
    model.zero_grad();
    for batch in data {
        let output = model.forward(&batch.x);
        let grad = squared_grad(&output, &batch.y);
        model.backward(&grad); //~ error missing_zero_grad
        model.update(0.1);
    }
}

fn never_zeroed(model: &mut Net, data: &[Batch], learning_rate: f32) {
    for batch in data {
        let output = model.forward(&batch.x);
        let loss = squared_loss(&output, &batch.y);
        loss.backward(); //~ error missing_zero_grad
        model.update(learning_rate);
    }
}

fn zeroed_in_each_round(model: &mut Net, data: &[Batch], learning_rate: f32) {
    for batch in data {
        let output = model.forward(&batch.x);
        let loss = squared_loss(&output, &batch.y);
        model.zero_grad();
        loss.backward();
        model.update(learning_rate);
    }
}

fn updated_after_the_loop(model: &mut Net, data: &[Batch]) {
    for batch in data {
        model.zero_grad();
        let output = model.forward(&batch.x);
        let grad = squared_grad(&output, &batch.y);
        model.backward(&grad);
    }
    model.update(0.1); //~ warning step_outside_batch_loop
}

fn updated_too_early(model: &mut Net, data: &[Batch]) {
    for batch in data {
        model.zero_grad();
        let output = model.forward(&batch.x);
        let grad = squared_grad(&output, &batch.y);
        model.update(0.1); //~ error step_before_backward
        model.backward(&grad);
    }
}

fn updated_twice(model: &mut Net, data: &[Batch]) {
    for batch in data {
        model.zero_gradients();
        let output = model.forward(&batch.x);
        let grad = squared_grad(&output, &batch.y);
        model.backward(&grad);
        model.update(0.1);
        model.update(0.1); //~ error step_repeated
    }
}

fn without_backward(model: &mut Net, data: &[Batch]) {
    for batch in data {
        model.zero_grad();
        let output = model.forward(&batch.x);
        println!("{}", squared_error(&output, &batch.y));
        model.update(0.1); //~ error missing_backward
    }
}

fn zeroed_between(model: &mut Net, data: &[Batch]) {
    for batch in data {
        let output = model.forward(&batch.x);
        let grad = squared_grad(&output, &batch.y);
        model.backward(&grad);
        model.zero_grad(); //~ error gradients_discarded
        model.update(0.1);
    }
}

fn never_updated(data: &[Batch]) {
    let mut model = Net::new(3, 8);
    for batch in data {
        model.zero_grad();
        let output = model.forward(&batch.x);
        let grad = squared_grad(&output, &batch.y);
        model.backward(&grad); //~ error missing_step
    }
}

struct Holder {
    net: Net,
    rate: f32,
}

impl Holder {
    fn twice(&mut self, data: &[Batch]) {
        for batch in data {
            self.net.zero_grad();
            let output = self.net.forward(&batch.x);
            self.net.backward(&squared_grad(&output, &batch.y));
            self.net.update(self.rate);
            self.net.update(self.rate); //~ error step_repeated
        }
    }

    fn once(&mut self, data: &[Batch]) {
        for batch in data {
            self.net.zero_grad();
            let output = self.net.forward(&batch.x);
            self.net.backward(&squared_grad(&output, &batch.y));
            self.net.update(self.rate);
        }
    }
}

/// Two layers that are zeroed, run backward and updated one by one.
fn layers_apart(data: &[Batch]) {
    let mut first = Dense::new(4, 8);
    let mut second = Dense::new(8, 2);
    for batch in data {
        first.zero_grad();
        second.zero_grad();
        let hidden = first.forward(&batch.x);
        let output = second.forward(&hidden);
        let grad = squared_grad(&output, &batch.y);
        let inner = second.backward(&grad);
        first.backward(&inner);
        first.update(0.1);
        second.update(0.1);
    }
    export(&first, &second);
}

fn one_layer_is_updated_twice(data: &[Batch]) {
    let mut first = Dense::new(4, 8);
    let mut second = Dense::new(8, 2);
    for batch in data {
        first.zero_grad();
        second.zero_grad();
        let hidden = first.forward(&batch.x);
        let output = second.forward(&hidden);
        let grad = squared_grad(&output, &batch.y);
        let inner = second.backward(&grad);
        first.backward(&inner);
        second.update(0.1);
        second.update(0.1); //~ error step_repeated
    }
    export(&first, &second);
}
