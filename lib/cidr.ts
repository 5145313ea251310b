/** IPv4 arithmetic. Addresses are unsigned 32-bit numbers inside this file and dotted text outside. */
export interface Cidr {
  base: number
  prefix: number
}

/** Reads `10.0.0.1`; undefined unless it is exactly four decimal parts without leading zeros. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    value = value * 256 + Number(part)
  }
  return value
}

/** Reads `10.0.0.0/16`; undefined unless well formed and without host bits. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', prefixText = '', ...rest] = text.split('/')
  const base = parseAddress(address)
  if (base === undefined || rest.length > 0 || !/^(0|[1-9]\d?)$/.test(prefixText)) return undefined
  const prefix = Number(prefixText)
  if (prefix > 32 || base % 2 ** (32 - prefix) !== 0) return undefined
  return { base, prefix }
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.base)}/${cidr.prefix}`
}

export function contains(cidr: Cidr, address: number): boolean {
  return address >= cidr.base && address < cidr.base + 2 ** (32 - cidr.prefix)
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b.base) || contains(b, a.base)
}

/** The `index`-th network of `prefix` bits inside `cidr`; undefined past its end. */
export function subnet(cidr: Cidr, prefix: number, index: number): Cidr | undefined {
  const base = cidr.base + index * 2 ** (32 - prefix)
  return prefix >= cidr.prefix && contains(cidr, base) ? { base, prefix } : undefined
}
