import type { Agent } from 'node:http'
import type { Duplex } from 'node:stream'

/** Bytes that a connection reads at once. */
const size = 1 << 18

/**
 * Lets each connection of an agent read into one buffer of its own (net.Socket's `onread`): otherwise every 64 KiB are memory of their own, which
 * costs more processor than hashing them. Node's parser copies what it hands on. Connections by a proxy stay as they are: they begin with
 * words to the proxy, which others read.
 */
export function inOneBuffer<A extends Agent>(agent: A): A {
  if (['http_proxy', 'https_proxy'].some((name) => process.env[name] || process.env[name.toUpperCase()])) return agent
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) => {
    const buffer = Buffer.allocUnsafeSlow(size)
    let socket: Duplex | null | undefined
    const onData = (count: number) => {
      socket?.emit('data', buffer.subarray(0, count))
      return true
    }
    // What net.connect and tls.connect know and the types of http do not.
    const reading: object = { onread: { buffer, callback: onData } }
    socket = connect({ ...options, ...reading }, callback)
    return socket
  }
  return agent
}
