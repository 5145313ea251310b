import { fail, RedoubtError } from '../../../lib/errors.ts'
import { writeYaml } from '../../../lib/yaml.ts'

/** A redoubt.yaml and what else can be set in it: prose begins with "# ", a setting with "#". */
interface Commented {
  /** What it is. */
  about: string
  spec: Record<string, unknown>
  /** What follows, of the field `spec`. */
  more: string
}

/** Its text. Throws `usage` when `parse` does not take it. */
export function commented({ about, spec, more }: Commented, parse: (text: string, file: string) => unknown): string {
  const text = `# ${about}
# #name: and the lines under it are a setting with its default, or an example: take their # away to change it.
${writeYaml(spec)}${more}`
  try {
    parse(text, 'redoubt.yaml')
  } catch (error) {
    // The file is not written, so a line of it helps nobody.
    if (error instanceof RedoubtError) fail(error.code, error.message, { where: 'init', cause: error })
    throw error
  }
  return text
}
