import { type Html, html } from '../../../../lib/html.ts'
import type { ControlResult, Evidence } from '../../../verify/evidence.ts'
import type { ProbeResult } from '../../../verify/fold.ts'
import type { ItemOutcome, ItemResult } from '../../../verify/items.ts'
import type { Check, Outcome } from '../../../verify/probe.ts'

/** What each outcome is called; the words of docs/verify.md. */
export function state(outcome: ItemOutcome): Html {
  const marks: Record<ItemOutcome, string> = {
    pass: '✓',
    fail: '✗',
    waived: '~',
    'not-applicable': '–',
    'not-evaluated': '?',
    unproven: '○',
  }
  return html`<span class="${outcome}">${marks[outcome]} ${outcome}</span>`
}

/** A part of the page: its rows can be filtered, and it says when none is left. */
export function part(id: string, title: string, about: string, body: Html): Html {
  return html`<section id="${id}" data-part><h2>${title}</h2><p class="soft">${about}</p>${body}<p class="soft" data-none hidden>Nothing here with this filter.</p></section>`
}

function probeLinks(names: readonly string[]): readonly Html[] {
  return names.map((name) => html`<li><a href="#probe-${name}"><code>${name}</code></a></li>`)
}

/** Claims or items of a benchmark: what became of each, by which controls, proven by which probes. */
export function itemTable(
  heading: 'Claim' | 'Item' | 'Recommendation',
  items: readonly ItemResult[],
  asked: readonly ControlResult[],
): Html {
  const control = (id: string) =>
    asked.some((one) => one.id === id)
      ? html`<li><a href="#control-${id}"><code>${id}</code></a></li>`
      : html`<li><code>${id}</code></li>`
  const rows = items.map(({ reference, title, outcome, why, controls, probes }) => {
    const id = reference.replace(/^(CIS|STIG|NSA|claim:) /, '')
    const asks = id === title ? html`` : html`<div>${title}</div>`
    const because = why ? html`<div class="soft">${why}</div>` : html``
    return html`<tr data-outcome="${outcome}"><td>${id}</td><td>${state(outcome)}</td><td>${asks}${because}</td><td><ul>${controls.map(control)}</ul></td><td><ul>${probeLinks(probes)}</ul></td></tr>`
  })
  const width = heading === 'Item' ? 'items' : 'claims'
  return html`<table><colgroup><col class="${width}"><col class="outcome"><col><col class="controls"><col class="probes"></colgroup><thead><tr><th>${heading}</th><th>Outcome</th><th>What it asks for</th><th>Controls</th><th>Probes</th></tr></thead><tbody>${rows}</tbody></table>`
}

/** Each control: what became of it, what render set for it, and the probes that prove it. */
export function controlTable(controls: readonly ControlResult[]): Html {
  const rows = controls.map(({ id, title, outcome, why, references, sets, probes }) => {
    const set =
      sets.length > 0 ? sets.map((line) => html`<li class="mono">${line}</li>`) : [html`<li class="soft">nothing</li>`]
    return html`<tr id="control-${id}" data-outcome="${outcome}"><td><code>${id}</code></td><td>${state(outcome)}</td><td><div>${title}</div>${why ? html`<div class="soft">${why}</div>` : ''}<div class="soft">${references.join(', ')}</div></td><td><ul>${set}</ul></td><td><ul>${probeLinks(probes)}</ul></td></tr>`
  })
  return html`<table><colgroup><col class="control"><col class="outcome"><col class="title"><col><col class="probes"></colgroup><thead><tr><th>Control</th><th>Outcome</th><th>Holds that</th><th>Set</th><th>Probes</th></tr></thead><tbody>${rows}</tbody></table>`
}

/** What failed or could not be evaluated, before everything else; nothing when all is well. */
export function attention(probes: readonly ProbeResult[]): Html {
  const bad = probes.filter(({ outcome }) => outcome === 'fail' || outcome === 'not-evaluated')
  if (bad.length === 0) return html``
  const rows = bad.map(
    ({ id, title, outcome, why }) =>
      html`<li>${state(outcome)} <a href="#probe-${id}">${title}</a><div class="soft">${why}</div></li>`,
  )
  return html`<section class="attention"><h2>To be looked at</h2><ul>${rows}</ul></section>`
}

const verdicts: Record<Check['verdict'], Outcome> = { pass: 'pass', fail: 'fail', unknown: 'not-evaluated' }

interface Placed {
  probe: ProbeResult
  check: Check
}

/** The checks that were put to one node, or (undefined) to none in particular. */
export function checksAt(evidence: Evidence, node: Evidence['nodes'][number] | undefined): Placed[] {
  const all = evidence.probes.flatMap((probe) => probe.checks.map((check) => ({ probe, check })))
  const own =
    (one: Evidence['nodes'][number]) =>
    ({ check }: Placed) =>
      mentions(check.where, one)
  return node ? all.filter(own(node)) : all.filter((placed) => !evidence.nodes.some((one) => own(one)(placed)))
}

/** True when a place is a node's: it says its name, or its address, as a word of its own. */
export function mentions(where: string, node: { name: string; address: string }): boolean {
  const words = where
    .split(/[^A-Za-z0-9.:-]+|\/\/|:(?=\d+(?:\D|$))/)
    .flatMap((word) => [word, word.replace(/[.:]+$/, '')])
  return words.includes(node.name) || words.includes(node.address)
}

/** What was sent to a node, and what came back. */
export function checkTable(placed: readonly Placed[]): Html {
  const rows = placed.map(
    ({ probe, check }) =>
      html`<tr data-outcome="${verdicts[check.verdict]}"><td>${state(verdicts[check.verdict])}</td><td><a href="#probe-${probe.id}"><code>${probe.id}</code></a></td><td><div class="mono">${check.sent}</div><div class="soft mono">${check.where}</div></td><td class="mono">${check.expected}</td><td class="mono">${check.saw}</td></tr>`,
  )
  return html`<table><colgroup><col class="verdict"><col class="probe"><col class="sent"><col class="expected"><col></colgroup><thead><tr><th>Verdict</th><th>Probe</th><th>Sent</th><th>Expected</th><th>Seen</th></tr></thead><tbody>${rows}</tbody></table>`
}

/** One probe in full: every check with what was sent, expected and seen. */
export function probeDetails(probe: ProbeResult): Html {
  const rows = probe.checks.map(
    (check) =>
      html`<tr><td class="${check.verdict}">${check.verdict}</td><td><div class="mono">${check.sent}</div><div class="soft mono">${check.where}</div></td><td class="mono">${check.expected}</td><td class="mono">${check.saw}</td></tr>`,
  )
  const table =
    rows.length > 0
      ? html`<table><colgroup><col class="verdict"><col class="sent"><col class="expected"><col></colgroup><thead><tr><th>Verdict</th><th>Sent</th><th>Expected</th><th>Seen</th></tr></thead><tbody>${rows}</tbody></table>`
      : html`<p class="soft">No question was put.</p>`
  const open = probe.outcome === 'fail' || probe.outcome === 'not-evaluated' ? html` open` : html``
  return html`<details id="probe-${probe.id}" data-outcome="${probe.outcome}"${open}><summary><span class="state">${state(probe.outcome)}</span><span><code class="id">${probe.id}</code><br>${probe.title}</span></summary><div>${probe.why ? html`<p>${probe.why}</p>` : ''}<p class="soft">Proves: ${probe.controls.join(', ') || 'that the cluster works'}; ${probe.milliseconds} ms</p>${table}</div></details>`
}
