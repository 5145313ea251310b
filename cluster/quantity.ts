const units: Record<string, bigint> = {
  m: 1n,
  '': 1000n,
  k: 1000n ** 2n,
  Ki: 1000n * 1024n,
  M: 1000n ** 3n,
  Mi: 1000n * 1024n ** 2n,
  G: 1000n ** 4n,
  Gi: 1000n * 1024n ** 3n,
  T: 1000n ** 5n,
  Ti: 1000n * 1024n ** 4n,
}

/** More is cut down by the API server without a word. */
const most = (2n ** 63n - 1n) * 1000n

/**
 * A quantity of Kubernetes (`4`, `500m`, `8Gi`) in thousandths; undefined when it is none, or not written as the API server
 * writes it: `1000m` is 1, `1024Mi` is 1Gi (k8s.io/apimachinery/pkg/api/resource, canonical form).
 */
export function thousandths(text: string): bigint | undefined {
  if (text === '0') return 0n
  const [, number, unit = ''] = /^([1-9]\d{0,14})(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/.exec(text) ?? []
  if (number === undefined || Number(number) % (unit.endsWith('i') ? 1024 : 1000) === 0) return undefined
  const value = BigInt(number) * (units[unit] ?? 0n)
  return value > most ? undefined : value
}
