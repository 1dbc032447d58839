/** The look of the HTML report: no font, picture or script from elsewhere; light and dark as the reader's system asks. */
export const STYLE = `
:root { color-scheme: light dark;
  --page: #fbfbf9; --card: #ffffff; --ink: #1b1f24; --soft: #5b6470; --line: #e2e3df; --grid: #d5d8d4;
  --code: #f3f4f1; --good: #0b7a4b; --bad: #b3261e; --warn: #8a5a00; --warn-back: #fff6e0;
  --s0: #1d5fd1; --s1: #d1480b; --s2: #0b7a4b; --s3: #8b33d6; --s4: #b8860b; --s5: #c2255c; }
@media (prefers-color-scheme: dark) { :root {
  --page: #12151a; --card: #191d23; --ink: #e4e7eb; --soft: #9aa4b1; --line: #2b313a; --grid: #353c47;
  --code: #14181d; --good: #4cd19a; --bad: #ff8a80; --warn: #f0c060; --warn-back: #2a2312;
  --s0: #6ea8fe; --s1: #ff9d5c; --s2: #4cd19a; --s3: #c58cff; --s4: #e3c341; --s5: #ff7eb0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main, header { max-width: 1080px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 44px; }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -0.02em; margin: 0 0 6px; }
h2 { font-size: 23px; letter-spacing: -0.01em; margin: 0 0 4px; }
h3 { font-size: 16px; margin: 26px 0 8px; }
p { margin: 8px 0; max-width: 76ch; }
a { color: var(--s0); text-decoration: none; } a:hover { text-decoration: underline; }
.lead { color: var(--soft); font-size: 17px; margin-top: 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 26px 28px; margin: 26px 0; }
.group { color: var(--soft); font-size: 12.5px; letter-spacing: 0.06em; text-transform: uppercase; margin: 0; }
nav { display: flex; flex-wrap: wrap; gap: 6px 8px; margin: 18px 0 0; }
nav a { border: 1px solid var(--line); background: var(--card); border-radius: 99px; padding: 2px 12px; font-size: 14px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 20px; margin: 12px 0 0; font-size: 14.5px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; margin: 6px 0 4px; }
th, td { padding: 5px 0 5px 22px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: 13px; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody:last-child tr:last-child td { border-bottom: 0; }
.aims { width: 100%; } .aims td, .aims th { white-space: normal; text-align: left; vertical-align: top; }
.aims td.number { white-space: nowrap; }
.aims td, .aims th { padding: 5px 18px 5px 0; } .aims td { border-bottom: 0; } .aims tbody:not(:last-child) { border-bottom: 1px solid var(--line); }
.gauge { width: 110px; height: 12px; margin-top: 6px; } .gauge .track { fill: var(--line); } .gauge .limit { fill: var(--ink); }
.gauge .bar { fill: var(--good); } .gauge.not-met .bar { fill: var(--bad); }
.met { color: var(--good); font-weight: 600; } .not-met { color: var(--bad); font-weight: 600; } .not-measured { color: var(--soft); }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; overflow-x: auto;
  font: 13px/1.32 "DejaVu Sans Mono", ui-monospace, Menlo, Consolas, monospace; margin: 14px 0; }
figure { margin: 26px 0 8px; } figcaption { font-weight: 600; margin-bottom: 8px; }
.plot { display: block; width: 100%; min-width: 620px; height: auto; }
.plot text { fill: var(--soft); font-size: 12.5px; } .plot text.axis { fill: var(--ink); }
.grid { stroke: var(--grid); stroke-width: 1; } .grid.minor { stroke-dasharray: 1 5; }
.series { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; } .dashed { stroke-dasharray: 7 5; }
.s0 { stroke: var(--s0); } .s1 { stroke: var(--s1); } .s2 { stroke: var(--s2); }
.s3 { stroke: var(--s3); } .s4 { stroke: var(--s4); } .s5 { stroke: var(--s5); }
.legend { margin-left: 8.5%; } .swatch { width: 30px; height: 10px; margin-right: 10px; }
details { margin: 18px 0 8px; } summary { cursor: pointer; color: var(--soft); font-size: 14px; }
.note { color: var(--soft); font-size: 13.5px; overflow-wrap: anywhere; }
.warning, .failure { border-left: 3px solid var(--warn); background: var(--warn-back); border-radius: 4px;
  padding: 7px 12px; font-size: 14px; max-width: none; overflow-wrap: anywhere; }
.failure { border-color: var(--bad); color: var(--bad); }
@media print { section { break-inside: avoid; border: 0; padding: 0; } nav { display: none; } }
@media (max-width: 640px) { main, header { padding: 0 12px; } section { padding: 18px 14px; } .legend { margin-left: 0; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: 6px; } }
`;
