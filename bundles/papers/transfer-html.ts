import { cspHash, html } from '../../lib/html.ts'
import type { Transfer } from './transfer.ts'

/** A transfer manifest as one page of HTML that asks for nothing, runs nothing, and prints on white paper. */
export function transferHtml({ about, files, kinds, checks }: Transfer): string {
  const [name = ''] = about.map(([, value]) => value)
  const policy = `default-src 'none'; style-src ${cspHash(style)}`
  const { html: page } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Transfer manifest: ${name}</title>
<style>${{ html: style }}</style>
</head>
<body>
<h1>Transfer manifest: ${name}</h1>
<dl>
${about.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>\n`)}</dl>
<h2>Files</h2>
<table>
<tr><th>File</th><th class="size">Bytes</th><th>SHA-256</th></tr>
${files.map((file) => html`<tr><td>${file.name}</td><td class="size">${file.size}</td><td><code>${file.sha256}</code></td></tr>\n`)}</table>
<h2>What is in it</h2>
<table>
${kinds.map(
  ({ title, items }) => html`<tbody>
<tr><th>${title} (${items.length})</th><th>Version</th><th class="size">Bytes</th><th>Digest</th></tr>
${items.map((item) => html`<tr><td>${item.name}</td><td>${item.version}</td><td class="size">${item.size}</td><td><code>${item.digest}</code></td></tr>\n`)}</tbody>
`,
)}</table>
<h2>How to check it</h2>
${checks.map(({ why, commands }) => html`<section><p>${why}</p><pre>${commands.join('\n')}</pre></section>\n`)}</body>
</html>
`
  return page
}

const style = `
:root { color-scheme: light dark; --page: #fff; --text: #1b1f24; --soft: #5b6570; --line: #d8dde3; --box: #f5f7f9; }
@media (prefers-color-scheme: dark) { :root { --page: #14171b; --text: #e4e8ec; --soft: #9aa5b0; --line: #333a42; --box: #1d2126; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 76rem; background: var(--page); color: var(--text);
  font: 14px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 .6rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
tbody + tbody tr:first-child th { padding-top: .9rem; }
th { font-size: .87em; color: var(--soft); } .size { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
code, pre { font: .85em/1.45 ui-monospace, "SFMono-Regular", Consolas, "DejaVu Sans Mono", monospace; }
pre { background: var(--box); border: 1px solid var(--line); padding: .5rem .7rem; margin: .3rem 0 .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
p { margin: .6rem 0 .2rem; }
@media print { :root { color-scheme: light; --page: #fff; --text: #000; --soft: #444; --line: #bbb; --box: #fff; }
  body { max-width: none; padding: 0; font-size: 8pt; line-height: 1.3; } code { font-size: 6.5pt; white-space: nowrap; }
  th, td { padding: .1rem .5rem .1rem 0; } tr, section { break-inside: avoid; } h2 { break-after: avoid; } @page { margin: 12mm; } }
`
