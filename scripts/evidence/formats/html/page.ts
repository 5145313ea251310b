import { cspHash, type Html, html } from '../../../../lib/html.ts'
import { type BenchmarkName, benchmarks as names } from '../../../../templates/benchmarks/items.ts'
import { countOutcomes, describeOverride, type Evidence, shortcoming } from '../../../verify/evidence.ts'
import { exitCode } from '../../../verify/fold.ts'
import { groups, outcomes } from '../../../verify/probe.ts'
import { script } from './script.ts'
import { style } from './style.ts'
import { attention, checksAt, checkTable, controlTable, itemTable, part, probeDetails } from './views.ts'

/** One page that holds everything, asks for nothing, and may run nothing but its own script (CSP by hash). */
export function page(evidence: Evidence): string {
  const policy = `default-src 'none'; style-src ${cspHash(style)}; script-src ${cspHash(script)}; base-uri 'none'; form-action 'none'`
  const title = `${evidence.cluster}: redoubt verify, ${evidence.started}`
  const { html: text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${{ html: style }}</style>
</head>
<body>
${head(evidence)}
${attention(evidence.probes)}
${filters(evidence)}
<main>
${claims(evidence)}
${benchmarks(evidence)}
${controls(evidence)}
${nodes(evidence)}
${probes(evidence)}
</main>
<script>${{ html: script }}</script>
</body>
</html>
`
  return text
}

function head(evidence: Evidence): Html {
  const { cluster, kubernetes, version, started, finished, inputs, controls } = evidence
  const held = controls.filter((control) => control.outcome === 'pass').length
  const good = exitCode(evidence.probes) === 0
  const notices = [
    ...shortcoming(evidence),
    ...(evidence.off.length > 0 ? [`Rendered with controls off on purpose: ${evidence.off.join(', ')}`] : []),
    ...evidence.overrides.map((one) => `Set by redoubt.yaml: ${describeOverride(one)}`),
    ...evidence.forced.map((text) => `Forced past the controls: ${text}`),
    ...(evidence.leftovers.length > 0 ? [`Left on the cluster: ${evidence.leftovers.join('; ')}`] : []),
  ]
  return html`<header>
<h1>Cluster ${cluster}</h1>
<p class="verdict ${good ? 'pass' : 'fail'}">${good ? 'Nothing failed, and nothing stayed unknown.' : 'Something failed, or could not be evaluated.'} ${held} of ${controls.length} controls hold.</p>
${notices.map((text) => html`<p class="notice">${text}</p>`)}
<dl>
<dt>Verified</dt><dd>${started} to ${finished}</dd>
<dt>Kubernetes</dt><dd>${kubernetes}, profile ${evidence.profile}, redoubt ${version}</dd>
<dt>Nodes</dt><dd>${evidence.nodes.map(({ name, role, address }) => `${name} (${role}, ${address})`).join(', ')}</dd>
<dt>redoubt.yaml</dt><dd><code>sha256:${inputs.spec}</code></dd>
<dt>redoubt.lock.yaml</dt><dd><code>sha256:${inputs.lock}</code></dd>
<dt>rendered/</dt><dd><code>sha256:${inputs.rendered}</code></dd>
</dl>
</header>`
}

/** Hidden until the script runs: without it there is nothing to filter with, and everything shows. */
function filters(evidence: Evidence): Html {
  const counts = countOutcomes(evidence.probes)
  const box = (value: string, label: string) =>
    html`<label><input type="checkbox" name="${value}" value="${value}" checked><span class="${value}">${label}</span></label>`
  const boxes = [...outcomes.map((one) => box(one, `${counts[one]} ${one}`)), box('unproven', 'unproven')]
  return html`<nav hidden aria-label="Filter">${boxes}<input type="search" name="words" placeholder="words: etcd 401" aria-label="Words that must occur" autocomplete="off" spellcheck="false"><span class="links"><a href="#claims">By claim</a><a href="#benchmarks">By benchmark</a><a href="#controls">By control</a><a href="#nodes">By node</a><a href="#probes">By probe</a></span></nav>`
}

const unproven = 'Unproven is what no probe can look at; it is never a pass.'

function itemsOf({ items }: Evidence, name: BenchmarkName) {
  return items.filter(({ benchmark }) => benchmark === name)
}

function claims(evidence: Evidence): Html {
  const about = `What is claimed of this cluster, and the probes that tried to break it. ${unproven}`
  return part('claims', 'By claim', about, itemTable('Claim', itemsOf(evidence, 'claims'), evidence.controls))
}

function benchmarks(evidence: Evidence): Html {
  const tables = (['cis', 'stig', 'nsa'] as const).map(
    (name) =>
      html`<h3>${names[name]}</h3>${itemTable(name === 'nsa' ? 'Recommendation' : 'Item', itemsOf(evidence, name), evidence.controls)}`,
  )
  return part('benchmarks', 'By benchmark', `Every item, and how it is answered. ${unproven}`, html`${tables}`)
}

function controls(evidence: Evidence): Html {
  return part('controls', 'By control', 'What render set, and whether it held.', controlTable(evidence.controls))
}

function nodes(evidence: Evidence): Html {
  const places = [...evidence.nodes, undefined].map((node) => ({ node, placed: checksAt(evidence, node) }))
  const tables = places
    .filter(({ placed }) => placed.length > 0)
    .map(
      ({ node, placed }) =>
        html`<h3>${node ? `${node.name}, ${node.role}, ${node.address}` : 'The cluster as a whole'}</h3>${checkTable(placed)}`,
    )
  return part(
    'nodes',
    'By node',
    'Every question by the node it was put to. Paper shows it by probe only.',
    html`${tables}`,
  )
}

function probes(evidence: Evidence): Html {
  const sections = groups.flatMap((group) => {
    const own = evidence.probes.filter((probe) => probe.group === group)
    return own.length > 0 ? [html`<h3>${group}</h3>${own.map(probeDetails)}`] : []
  })
  return part(
    'probes',
    'By probe',
    'Each probe with all it sent, what was expected and what was seen.',
    html`${sections}`,
  )
}
