const secrets = new Set<string>()

/** Registers a secret (at least 8 characters): from now on neither output nor errors show it. */
export function addSecret(value: string): void {
  const trimmed = value.trim()
  if (trimmed.length >= 8) secrets.add(trimmed)
}

/** The text with registered secrets and anything that looks like a private key or a bearer token blanked out. */
export function redact(text: string): string {
  let result = text
    .replaceAll(
      /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
      '[redacted private key]',
    )
    .replaceAll(/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, '[redacted token]')
  for (const secret of secrets) result = result.replaceAll(secret, '[redacted]')
  return result
}
