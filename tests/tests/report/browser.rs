//! A report in a real browser, if one is found.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use training_loop::prelude::*;

use super::{Net, fit, loader};

/// The names of browsers that this test can drive. `TRAINING_LOOP_TEST_BROWSER` names another one.
const BROWSERS: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell"];

/// The path of a browser.
fn browser() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TRAINING_LOOP_TEST_BROWSER") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).collect::<Vec<_>>();
    BROWSERS
        .iter()
        .find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file()))
}

/// The page after its scripts have run, as text. The window is 800 pixels wide.
fn loaded(browser: &Path, profile: &Path, page: &Path) -> String {
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--virtual-time-budget=5000", "--window-size=800,1000", "--hide-scrollbars", "--dump-dom"])
        .arg("--allow-file-access-from-files")
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .output()
        .expect("the browser starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A page that embeds the report in a frame of 360 pixels, as on a phone, and measures the layout. Not every
/// browser supports a window that narrow.
fn frame(width: usize) -> String {
    format!(
        "<!DOCTYPE html><body><iframe id=\"f\" src=\"report.html\" style=\"width:{width}px;height:800px;border:0\"></iframe>\
         <script>addEventListener('load', () => {{\
           const f = document.getElementById('f'), d = f.contentDocument, e = d.documentElement;\
           const loaded = f.contentWindow.performance.getEntriesByType('resource').length;\
           const svg = d.querySelectorAll('svg').length;\
           const text = Math.min(...[...d.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height));\
           document.title = ['measured', e.clientWidth, e.scrollWidth, loaded, svg, Math.round(text)].join(' ');\
         }});</script></body>"
    )
}

#[test]
fn a_report_opens_in_a_browser() {
    let Some(browser) = browser() else {
        println!(
            "skipped: there is no browser; install chromium, or set TRAINING_LOOP_TEST_BROWSER to its path"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let loader = loader(Duration::ZERO);
    let options = RunOptions::new().dir(&dir).report().profile().summary();
    fit(&mut Net::new(), &loader, &loader.clone(), 3, &options).unwrap();
    for width in [360, 700] {
        let page = dir.join(format!("frame-{width}.html"));
        std::fs::write(&page, frame(width)).unwrap();
        let text = loaded(&browser, &folder.path().join("profile"), &page);
        let title = text.split("measured ").nth(1).and_then(|rest| rest.split('<').next());
        let title = title.unwrap_or_else(|| panic!("the page was not measured:\n{text}"));
        let numbers = title.split(' ').map(|number| number.parse().unwrap()).collect::<Vec<usize>>();
        let [window, content, requests, pictures, letters] = numbers[..] else { panic!("{title}") };
        assert_eq!(window, width);
        assert!(content <= window, "the page is {content} pixels wide in a window of {window}");
        assert_eq!(requests, 0, "the page loads something");
        assert!(pictures >= 6, "{pictures} pictures");
        assert!(letters >= 10, "a text in a picture is {letters} pixels high");
    }
}
