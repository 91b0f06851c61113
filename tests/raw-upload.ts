import { once } from 'node:events';
import { create, toBinary } from '@bufbuild/protobuf';
import { FileUpload_MessageSchema } from '@openhanami/contract';
import { WebSocket } from 'ws';

/** Sends the bytes of a temp file over a websocket, as a client does that does not know the SDK. */
export async function uploadBytes(token: string, address: string, uuid: string, bytes: Uint8Array): Promise<void> {
  const socket = new WebSocket(address.replace('http', 'ws'));
  await once(socket, 'open');
  socket.send(JSON.stringify({ token, target: 'file_upload', uuid }));
  await once(socket, 'message');
  for (let position = 0; position < bytes.length; position += 1 << 17) {
    const data = bytes.slice(position, position + (1 << 17));
    socket.send(toBinary(FileUpload_MessageSchema, create(FileUpload_MessageSchema, { position: BigInt(position), data })));
    await once(socket, 'message');
  }
  socket.close();
  await once(socket, 'close');
}
