/** The page's style sheet: system fonts, light and dark, and a print form in which everything is open. */
export const style = `
:root { color-scheme: light dark; --page: #fff; --text: #1b1f24; --soft: #5b6570; --line: #d8dde3; --box: #f5f7f9; --link: #0b57b0;
  --pass: #1a7f37; --fail: #c0211b; --waived: #8a5a00; --not-applicable: #667079; --not-evaluated: #8a3ab9; --unproven: #5b6570; }
@media (prefers-color-scheme: dark) { :root { --page: #14171b; --text: #e4e8ec; --soft: #9aa5b0; --line: #333a42; --box: #1d2126;
  --link: #7db4ff; --pass: #4cc26b; --fail: #ff7b72; --waived: #e0a93f; --not-applicable: #98a2ac; --not-evaluated: #cf9bf5;
  --unproven: #9aa5b0; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 6rem; }
body { margin: 0 auto; padding: 1.5rem 1.5rem 4rem; max-width: 84rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p { margin: .3rem 0; }
a { color: var(--link); }
code, .mono { font: .87em/1.45 ui-monospace, "SFMono-Regular", Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.attention { border-left: 3px solid var(--fail); background: var(--box); padding: .5rem .9rem; margin: .8rem 0; }
.attention h2 { margin: 0 0 .3rem; font-size: 1rem; } .attention ul { margin: 0; padding-left: 1.1rem; } .attention li { margin: .25rem 0; }
.verdict.verdict { font-weight: 600; white-space: normal; margin: .3rem 0 .8rem; }
.notice { border-left: 3px solid var(--waived); background: var(--box); padding: .4rem .8rem; margin: .4rem 0; }
nav { position: sticky; top: 0; z-index: 1; background: var(--page); border-bottom: 1px solid var(--line); padding: .6rem 0; margin-top: 1rem;
  display: flex; flex-wrap: wrap; gap: .4rem .9rem; align-items: center; }
nav label { display: inline-flex; gap: .35rem; align-items: center; white-space: nowrap; }
nav input[type=search] { flex: 1 1 12rem; min-width: 9rem; font: inherit; padding: .25rem .5rem; color: inherit; background: var(--box);
  border: 1px solid var(--line); border-radius: 4px; }
nav .links { display: flex; flex-wrap: wrap; gap: .9rem; flex-basis: 100%; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
col.items { width: 7rem; } col.claims { width: 18%; } col.outcome { width: 9.3rem; } col.controls { width: 13rem; } col.probes { width: 17rem; }
col.control { width: 12rem; } col.title { width: 24%; }
col.verdict { width: 8.5rem; } col.probe { width: 15%; } col.sent { width: 30%; } col.expected { width: 20%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); font-size: .87em; }
td { overflow-wrap: anywhere; }
td ul { list-style: none; margin: 0; padding: 0; } td li + li { margin-top: .2rem; }
td a { text-decoration-color: var(--line); }
.pass, .fail, .waived, .not-applicable, .not-evaluated, .unproven { font-weight: 600; white-space: nowrap; }
.pass { color: var(--pass); } .fail { color: var(--fail); } .waived { color: var(--waived); }
.not-applicable { color: var(--not-applicable); } .not-evaluated, .unknown { color: var(--not-evaluated); }
.unknown { font-weight: 600; } .unproven { color: var(--unproven); }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; }
summary { cursor: pointer; padding: .45rem .8rem; display: flex; gap: .8rem; align-items: baseline; }
summary::before { content: "▸"; color: var(--soft); } [open] > summary::before { content: "▾"; }
summary .state { flex: 0 0 9rem; }
summary .id { font-weight: 600; }
details > div { padding: 0 .8rem .6rem; overflow-x: auto; }
details:target, tr:target { outline: 2px solid var(--link); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
[hidden] { display: none; }
@media (max-width: 44rem) { body { padding: 1rem .8rem 3rem; } nav { position: static; } section { overflow-x: auto; } table { min-width: 44rem; } summary { flex-wrap: wrap; } dl { grid-template-columns: 1fr; } }
@media print { :root { color-scheme: light; --page: #fff; --text: #000; --soft: #444; --line: #bbb; --box: #fff; --link: #000; --pass: #1a6b30;
  --fail: #a51a15; --waived: #6d4700; --not-applicable: #444; --not-evaluated: #6b2a92; --unproven: #444; }
  body { max-width: none; padding: 0; font-size: 8.5pt; line-height: 1.35; } nav, #nodes { display: none; } a { text-decoration: none; }
  col.outcome, col.verdict, summary .state { width: 6.5rem; flex-basis: 6.5rem; } col.items { width: 5rem; } col.controls, col.control { width: 8rem; } col.probes { width: 11rem; } th, td { padding: .2rem .6rem .2rem 0; } h2 { margin-top: 1.2rem; } h2, h3 { break-after: avoid; } tr, summary { break-inside: avoid; } thead { display: table-header-group; }
  details { border: 0; border-top: 1px solid var(--line); border-radius: 0; } details::details-content { content-visibility: visible; height: auto; }
  details > div { padding-left: 0; overflow: visible; } summary { padding-left: 0; } summary::before { display: none; } @page { margin: 15mm; } }
`
