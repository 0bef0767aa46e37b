//! Messages of errors.

use super::*;

#[test]
fn says_what_where_and_what_to_do() {
    let cases = [
        (
            Error::HyperParameter { owner: "Sgd", name: "momentum", value: 1.5, range: "in [0, 1)" },
            "`momentum` of `Sgd` is 1.5, but must be in [0, 1)",
        ),
        (
            Error::Rule {
                clause: "accumulate",
                value: "0".into(),
                rule: "must be at least 1",
                help: "remove it to update on every batch",
            },
            "`accumulate` is 0: must be at least 1; remove it to update on every batch",
        ),
        (
            Error::EmptyLoader { name: "train".into(), samples: 3, batch_size: 8 },
            "the loader `train` yields no batch: `drop_last` drops its only batch of 3 samples, \
             as a full one has 8; make the batch smaller or leave `drop_last` out",
        ),
        (
            Error::State {
                path: Some("best.safetensors".into()),
                missing: vec!["a.bias".into()],
                unexpected: vec!["b.weight".into(), "b.bias".into()],
                misshapen: vec![Misshapen {
                    name: "a.weight".into(),
                    expected: vec![2, 3],
                    found: vec![3, 2],
                }],
            },
            "best.safetensors: this state belongs to another architecture, the model is unchanged; \
             missing: `a.bias`; unexpected: `b.weight`, `b.bias`; \
             `a.weight` is [2, 3] in the model and [3, 2] in the state",
        ),
        (
            Error::Csv {
                path: "iris.csv".into(),
                line: Some(7),
                column: Some((2, Some("width".into()))),
                problem: Box::new(CsvProblem::NotANumber { text: "wide".into() }),
            },
            "iris.csv:7, column 3 (`width`): `wide` is not a number; fix the field, or leave the column out by \
             `.without([..])`",
        ),
    ];
    for (error, text) in cases {
        assert_eq!((error.to_string(), format!("{error:?}")), (text.to_owned(), text.to_owned()));
    }
}

#[test]
fn keeps_the_source_and_is_send() {
    fn assert_send<T: Send + Sync + 'static>() {}
    assert_send::<Error>();
    let source = std::io::Error::from(std::io::ErrorKind::NotFound);
    let error = Error::io("model.safetensors", "read", source);
    let text = error.to_string();
    let current = std::env::current_dir().unwrap();
    assert!(text.starts_with("could not read model.safetensors: "), "{text}");
    assert!(text.ends_with(&format!("; it was looked for from the folder {}", current.display())), "{text}");
    assert!(error.source().is_some());
}
