// Direct connections as bytes on the wire, for tests and benches that want no SDK between.
import { once } from 'node:events';
import { create, toBinary } from '@bufbuild/protobuf';
import { ClusterIO_MessageSchema } from '@openhanami/contract';
import { WebSocket } from 'ws';

/** Opens a websocket to a cluster in DIRECT mode; returns it with the server's first answer. */
export async function greet(
  address: string,
  token: string,
  uuid: string,
): Promise<{ socket: WebSocket; welcome: Record<string, unknown> }> {
  const socket = new WebSocket(address.replace('http', 'ws'), { perMessageDeflate: false });
  await once(socket, 'open');
  socket.send(JSON.stringify({ token, target: 'cluster', uuid }));
  const [data] = await once(socket, 'message');
  return { socket, welcome: JSON.parse(String(data)) };
}

/** The same, where nothing but a welcome is expected. @throws Error with what came instead. */
export async function openDirect(address: string, token: string, uuid: string): Promise<WebSocket> {
  const { socket, welcome } = await greet(address, token, uuid);
  if (welcome['success'] !== true) throw new Error(JSON.stringify(welcome));
  return socket;
}

/** One request of a picture of so many pixels. */
export function requestFrame(pixels: number): Uint8Array {
  const values = Array.from({ length: pixels }, (_, i) => (i * 7) % 256);
  const message = { bufferName: 'picture', isLast: true, processType: 0, numberOfValues: BigInt(pixels), values };
  return toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, message));
}
