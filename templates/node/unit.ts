/** A systemd unit: sections with settings in order; a setting may appear several times (systemd.syntax(7)). */
export type Unit = Record<string, readonly (readonly [string, string])[]>

/** Writes a unit file. Throws on a line break in a value: it would start a setting of its own. */
export function writeUnit(unit: Unit): string {
  return Object.entries(unit)
    .map(([section, settings]) => {
      const lines = settings.map(([key, value]) => {
        if (/[\r\n]/.test(value)) throw new Error(`line break in ${section}.${key}`)
        return `${key}=${value}`
      })
      return `[${section}]\n${lines.join('\n')}\n`
    })
    .join('\n')
}
