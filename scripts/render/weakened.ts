import type { Rendered } from '../../templates/render.ts'

/** What whoever renders or applies a weakened rendering must be told, a line each: checks that were forced, controls that are off. */
export function weakenings({ forced, controls }: Pick<Rendered, 'forced' | 'controls'>): string[] {
  return [
    ...forced,
    ...controls
      .filter((control) => control.state === 'off')
      .map(
        ({ id, title, because }) =>
          `CONTROL OFF: ${id} - ${title}. ${because ? `Because ${because}` : 'This rendering is weakened on purpose'}.`,
      ),
  ]
}
