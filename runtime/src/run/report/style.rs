//! The style sheet of a report.

/// The style rules for the page, without those for charts.
pub(super) const PAGE: &str = "\
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.45 system-ui,sans-serif}
main{max-width:1120px;margin:0 auto;padding:16px}
h1{font-size:22px;margin:0 0 8px;overflow-wrap:anywhere}
h2{font-size:17px;margin:28px 0 8px}
h3{font-size:14px;margin:0 0 4px;overflow-wrap:anywhere}
p{margin:6px 0}
.state{font-weight:600}
.note{color:var(--quiet);font-size:13px}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:10px;font-size:13px}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:8px;margin:12px 0}
dl div{background:var(--panel);border-radius:6px;padding:8px 10px}
dt{color:var(--quiet);font-size:12px}
dd{margin:0;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:14px}
figure{margin:0;border:1px solid var(--line);border-radius:6px;padding:8px;min-width:0}
svg{display:block;width:100%;height:auto}
figure.small{max-width:420px}
.wide{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:3px 10px 3px 0;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:top}
th{color:var(--quiet);font-weight:600}
th.text,td.text{text-align:left}
td.code{text-align:left;white-space:pre-wrap;overflow-wrap:anywhere;font-family:ui-monospace,monospace}
tr.best td{font-weight:700}
.bar{display:inline-block;height:9px;background:var(--train);border-radius:2px;print-color-adjust:exact}
svg .box{fill:var(--panel);stroke:var(--quiet)}
svg .frame{fill:none;stroke:var(--line)}
svg .code{font:11px ui-monospace,monospace}
svg .arrow{fill:none;stroke:var(--quiet)}
svg .cell{fill:var(--train)}
svg text.on{fill:var(--page)}
@media print{main{max-width:none;padding:0}figure,tr,dl div{break-inside:avoid}.wide{overflow:visible}}
";
