import { createHash } from 'node:crypto'

/** Text that is HTML already. Only `html` makes it, so whatever else is put into a page is escaped. */
export interface Html {
  html: string
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Others write some of it: no control characters but ends of lines and tabs, nothing that turns the direction of text around. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '·')
}

/** As printable(), and no markup. */
export function escapeHtml(text: string): string {
  return printable(text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? ''))
}

/** A template of HTML: every value is escaped, but for what `html` made. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const texts = values.map((value) => {
    if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value))
    return [value]
      .flat()
      .map((one) => one.html)
      .join('')
  })
  return { html: parts.map((part, index) => part + (texts[index] ?? '')).join('') }
}

/** What a Content-Security-Policy names an inline style or script by (CSP level 3, hash-source). */
export function cspHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
