//! The page is well-formed, complete, small and readable.

use super::confusion::opacity;
use super::*;
use crate::metric::{Metric as _, confusion};
use crate::run::outline::Outline;
use crate::run::{Row, StopReason};
use crate::{Labels, Scalar, Tensor};
use std::time::UNIX_EPOCH;

/// A row with a learning rate, a gradient norm and the measurements `values`.
fn row(epoch: usize, values: &[(&str, f64)]) -> Row {
    Row {
        epoch,
        before_training: false,
        seconds: 4.8,
        learning_rate: Some(0.1),
        grad_norm: Some(1.5),
        measurements: values.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
        confusions: Vec::new(),
    }
}

/// A history with all optional parts, and with fixed dates.
fn everything() -> History {
    let mut history = History::new(Some(3));
    let mut last = row(2, &[("loss", 0.02), ("valid_loss", f64::NAN), ("<b>", 0.25)]);
    let mut matrix = confusion();
    let output =
        ndarray::Array2::from_shape_fn((6, 3), |(row, class)| Scalar::from(u8::from(row % 3 == class)));
    matrix.update(&Tensor::from(output), &Labels::from(vec![0_u32, 1, 2, 0, 1, 1]));
    last.confusions.push(("valid_confusion".to_owned(), matrix));
    history.push(row(0, &[("loss", 1.0), ("valid_loss", 1.5), ("<b>", 0.5)]));
    history.push(row(1, &[("loss", 0.1), ("valid_loss", 0.5), ("<b>", f64::INFINITY)]));
    history.push(last);
    history.stop(StopReason::NonFinite { epoch: 2, batch: 1 });
    history.explain("the gradient of `a<b` is NaN".to_owned());
    let mut about = About::new(Some(PathBuf::from("runs/<1>")));
    about.outline = Outline::new("fit")
        .batch(&["forward", "loss", "zero_grad", "backward", "clip_grad_norm", "step", "metrics"])
        .validation(&["forward", "loss", "metrics"])
        .clause("loss", "|output, batch| cross_entropy(output, &batch.target)");
    (about.began, about.seen) = (UNIX_EPOCH, UNIX_EPOCH);
    (about.has_ended, about.steps, about.profile) = (true, 30, Some(crate::run::Profile::default()));
    history.about = Some(Box::new(about));
    history
}

/// A history with only a loss.
fn losses(count: usize) -> History {
    let mut history = History::new(None);
    for epoch in 0..count {
        history.push(row(epoch, &[("loss", 1.0 / (epoch + 1) as f64), ("valid_loss", 2.0)]));
    }
    history
}

/// Checks that each tag is closed, in order, that attributes are quoted, and that texts have no bare `&` and `<`.
fn check_tags(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("a document type");
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        for (at, _) in text.match_indices('&') {
            let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
            assert!(entities.iter().any(|entity| text[at..].starts_with(entity)), "{}", &text[at..]);
        }
        assert!(!text.contains('>') || open.last() == Some(&"style"), "a bare `>` in {text}");
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed by </{name}>");
        } else {
            let name = tag.split([' ', '/']).next().unwrap();
            assert!(!name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric()), "<{tag}>");
            assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

#[test]
fn pages_are_well_formed_and_load_nothing() {
    let (empty, mut running) = (History::new(Some(5)), everything());
    running.about.as_mut().unwrap().has_ended = false;
    let mut none = History::new(None);
    none.push(row(0, &[("loss", f64::NAN)]));
    for history in [empty, losses(1), losses(2), losses(10_000), everything(), running, none] {
        let page = page(&history);
        check_tags(&page);
        for word in ["http", "url(", "@import", "<script", "src=", "href="] {
            assert!(!page.contains(word), "{word}");
        }
    }
}

#[test]
fn a_report_says_everything() {
    let page = page(&everything());
    for text in [
        "Training run: fit",
        "a loss or a gradient was not finite at batch 2 of epoch 3",
        "the gradient of `a&lt;b` is NaN",
        "3 of 3",
        "2 (valid_loss 0.5)",
        "1970-01-01 00:00 UTC",
        "valid_loss: the value of epoch 3 (NaN) is not finite and is left out",
        "&lt;b&gt;: the value of epoch 2 (inf) is not finite and is left out",
        "gradient norm",
        "valid_confusion, epoch 3",
        "label 1, predicted 2: 1 (33.33 %)",
        "<tr><td>1</td><td>3</td><td>1.000</td><td>0.667</td><td>0.800</td></tr>",
        "clip_grad_norm",
        "cross_entropy(output, &amp;batch.target)",
        "runs/&lt;1&gt;",
        "Time per stage",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("<b>"));
}

#[test]
fn many_epochs_are_a_small_file() {
    let page = page(&losses(10_000));
    assert!(page.len() < 120_000, "{} bytes", page.len());
    assert!(page.contains("A chart of 10000 epochs shows groups of epochs"));
    assert!(page.contains("The best epoch and the last 20"));
}

#[test]
fn a_history_without_epochs_says_so() {
    let page = page(&History::new(Some(5)));
    assert!(page.contains("There are no epochs.") && page.contains("0 of 5"));
}

/// The numbers in the charts, the picture and the matrix.
#[test]
fn pictures_are_as_recorded() {
    let page = page(&everything());
    let pictures = page.lines().filter(|line| line.starts_with('<') && line.contains("class=\""));
    let found = pictures.filter(|line| !line.starts_with("<t")).collect::<Vec<_>>().join("\n") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/run/report/pictures.txt");
        std::fs::write(path, &found).unwrap();
    }
    assert!(
        found == include_str!("pictures.txt"),
        "the pictures changed; record them with UPDATE=1:\n{found}"
    );
}

#[test]
fn a_failed_write_warns_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = ReportFile::new(folder.path().join("none/report.html"));
    let warning = report.write_if_cheap(&losses(1), false).unwrap();
    assert!(warning.starts_with("the report is not written, and the run continues: "), "{warning}");
    assert!(report.write_if_cheap(&losses(1), true).is_none());
    std::fs::create_dir(folder.path().join("none")).unwrap();
    assert!(report.write_if_cheap(&losses(1), true).is_none());
    assert!(folder.path().join("none/report.html").is_file());
}

/// The names and values of the colours in a style sheet.
fn colours(css: &str) -> Vec<(&str, [f64; 3])> {
    let parts = css.split(['{', '}', ';']).filter_map(|part| part.split_once(":#"));
    let channel = |hex: &str, at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
    parts.map(|(name, hex)| (name, [0, 2, 4].map(|at| channel(hex, at)))).collect()
}

/// The contrast ratio of two colours, as defined by WCAG 2.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    let luminance = |[r, g, b]: [f64; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_text_and_line_is_readable_in_light_and_dark() {
    let (light, dark) = COLOURS.split_once("@media").unwrap();
    for css in [light, dark] {
        let all = colours(css);
        let get = |name: &str| all.iter().find(|(own, _)| *own == name).unwrap_or_else(|| panic!("{name}")).1;
        for ground in ["--page", "--panel"] {
            for ink in ["--text", "--quiet", "--train", "--valid", "--other"] {
                let contrast = contrast(get(ink), get(ground));
                assert!(contrast >= 4.5, "{ink} on {ground}: {contrast:.2}");
            }
        }
        // The numbers in the cells of a heat map.
        for share in [0.0, 0.1, 0.25, 0.5, 0.51, 0.75, 1.0] {
            let opacity = opacity(share);
            let mixed: [f64; 3] =
                std::array::from_fn(|c| opacity * get("--train")[c] + (1.0 - opacity) * get("--page")[c]);
            let ink = if share > 0.5 { "--page" } else { "--text" };
            let contrast = contrast(get(ink), mixed);
            assert!(contrast >= 4.5, "a share of {share}: {contrast:.2}");
        }
    }
}
