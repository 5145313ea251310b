/** A line of the table. */
export interface Row {
  what: string
  measured: string
  must: string
  /** Undefined: said, not judged. */
  met?: boolean
}

const memoryLimit = 256

/** The line of a process's peak memory. */
export function memoryRow(what: string, peakMB: number): Row {
  return {
    what: `${what}, peak memory`,
    measured: `${peakMB.toFixed(0)} MB`,
    must: `under ${memoryLimit} MB`,
    met: peakMB > 0 && peakMB < memoryLimit,
  }
}

export function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} s`
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
