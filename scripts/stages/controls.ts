import { fail } from '../../lib/errors.ts'
import { formatTable } from '../../lib/output.ts'
import { controls } from '../../templates/controls.ts'
import type { Context } from '../command.ts'
import type { Probe } from '../verify/probe.ts'
import { probes } from '../verify/probes.ts'

/** Shows the controls and what proves each, or one of them in full. */
export async function showControls({ out }: Context, [id]: string[]): Promise<number> {
  const chosen = id === undefined ? controls : controls.filter((control) => control.id === id)
  if (chosen.length === 0)
    fail('usage', `there is no control ${id}`, {
      hint: `Controls: ${controls.map((control) => control.id).join(', ')}.`,
    })
  const entries = chosen.map((control) => ({
    id: control.id,
    title: control.title,
    why: control.why,
    references: control.references,
    probes: probesOf(control.id).map((probe) => ({ id: probe.id, title: probe.title })),
  }))
  if (out.format === 'json') out.json({ apiVersion: 'redoubt.dev/v1alpha1', kind: 'ControlList', controls: entries })
  else if (id === undefined)
    out.data(
      formatTable(
        ['CONTROL', 'PROBES', 'TITLE'],
        entries.map((entry) => [entry.id, String(entry.probes.length), entry.title]),
      ),
    )
  else out.data(entries.map(page).join('\n'))
  return 0
}

/** The probes that prove a control. */
function probesOf(control: string): Probe[] {
  return probes.filter((probe) => probe.controls.includes(control))
}

function page(entry: {
  id: string
  title: string
  why: string
  references: readonly string[]
  probes: { id: string; title: string }[]
}): string {
  const width = Math.max(0, ...entry.probes.map((probe) => probe.id.length))
  return [
    `${entry.id}: ${entry.title}`,
    '',
    `Why:        ${entry.why}`,
    `References: ${entry.references.join(', ')}`,
    'Proved by:',
    ...entry.probes.map((probe) => `  ${probe.id.padEnd(width)}  ${probe.title}`),
  ].join('\n')
}
