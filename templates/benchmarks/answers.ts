import type { Control } from '../control.ts'
import { controls } from '../controls.ts'
import type { Disposition } from './disposition.ts'
import { dispositions } from './dispositions.ts'
import type { Item } from './items.ts'

export type Answer =
  /** Met by these controls, whose `references` name the item. */
  | { kind: 'controls'; controls: readonly string[] }
  /** As these items of other tables are answered. */
  | { kind: 'same'; items: readonly string[] }
  | Disposition
  /** By nothing: neither met nor claimed. */
  | { kind: 'open' }

/** How an item is answered: by the controls that name it, else by its disposition. */
export function answerOf(item: Item, table: readonly Control[] = controls): Answer {
  if (item.same) return { kind: 'same', items: item.same }
  const by = table.filter((control) => control.references.includes(item.reference)).map((control) => control.id)
  if (by.length > 0) return { kind: 'controls', controls: by }
  return dispositions[item.reference] ?? { kind: 'open' }
}
