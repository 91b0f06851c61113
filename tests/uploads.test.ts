import { once } from 'node:events';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { createMnistUpload, FileUpload_MessageSchema, FileUploadResponse_MessageSchema } from '@openhanami/contract';
import { dataset } from '@openhanami/sdk';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { digitFiles, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

let server: ServerProcess;
let token: string;
beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_STORAGE_TEMPFILE_TIMEOUT: '1' });
  token = await server.logIn();
});
afterAll(() => server.remove());

async function announce(name: string, images: Blob, labels: Blob) {
  const body = JSON.stringify({ name, input_data_size: images.size, label_data_size: labels.size });
  const response = await server.call('POST', `/v1.0alpha${createMnistUpload.path}`, token, body);
  return createMnistUpload.output.parse(await response.json());
}

const finish = async (upload: Record<string, unknown>): Promise<[number, string]> => {
  const { uuid, uuid_input_file, uuid_label_file } = upload;
  const response = await server.call(
    'PUT',
    '/v1.0alpha/dataset/upload/mnist',
    token,
    JSON.stringify({ uuid, uuid_input_file, uuid_label_file }),
  );
  return [response.status, await response.text()];
};

/** A websocket as an old client opens it: answers come one by one. */
async function connect(
  hello: unknown,
): Promise<{ socket: WebSocket; welcome: Record<string, unknown>; send(message: Uint8Array): Promise<Buffer> }> {
  const socket = new WebSocket(server.address.replace('http', 'ws'));
  await once(socket, 'open');
  const answer = async (): Promise<Buffer> => {
    const [data, isBinary] = await once(socket, 'message');
    expect(isBinary).toBe(true);
    return data as Buffer;
  };
  const first = answer();
  socket.send(typeof hello === 'string' ? hello : JSON.stringify(hello));
  const welcome = JSON.parse((await first).toString());
  return {
    socket,
    welcome,
    send: (message) => {
      const next = answer();
      socket.send(message);
      return next;
    },
  };
}

const upload = (uuid: string) => connect({ token, target: 'file_upload', uuid });
const piece = (position: number | bigint, data: Uint8Array) =>
  toBinary(FileUpload_MessageSchema, create(FileUpload_MessageSchema, { position: BigInt(position), data }));
const response = (bytes: Buffer) => fromBinary(FileUploadResponse_MessageSchema, bytes);

describe('an upload', () => {
  it('takes pieces in any order and again, and tells when all have come', async () => {
    const { images, labels } = digitFiles(40, 1);
    const announced = await announce('in pieces', images, labels);
    const bytes = new Uint8Array(await images.arrayBuffer());
    const input = await upload(announced.uuid_input_file);
    expect(input.welcome).toMatchObject({ success: true, uuid: expect.any(String) });
    const half = 16_000;
    expect(response(await input.send(piece(half, bytes.subarray(half)))).success).toBe(true);
    expect(await finish(announced)).toEqual([400, 'the upload of the input file is not complete yet']);
    expect(response(await input.send(piece(0, bytes.subarray(0, half)))).success).toBe(true);
    expect(response(await input.send(piece(5, bytes.subarray(5, 500)))).success).toBe(true);
    input.socket.close();
    const progress = async () => (await server.call('GET', `/v1.0alpha/dataset/progress?uuid=${announced.uuid}`, token)).json();
    expect(await progress()).toMatchObject({ uuid: announced.uuid, complete: false });
    expect((await dataset.listDatasets(token, server.address)).body).toEqual([]);
    const label = await upload(announced.uuid_label_file);
    await label.send(piece(0, new Uint8Array(await labels.arrayBuffer())));
    expect(await progress()).toMatchObject({ uuid: announced.uuid, complete: true });
    const [status, answer] = await finish(announced);
    expect([status, JSON.parse(answer)]).toMatchObject([200, { uuid: announced.uuid, number_of_rows: 40, notices: [] }]);
    // A client that lost the answer asks again.
    expect((await finish(announced))[0]).toBe(200);
    label.socket.close();
    expect((await dataset.getDataset(token, server.address, announced.uuid)).number_of_rows).toBe(40);
  });

  it('refuses bytes outside of the announced size and keeps what came before', async () => {
    const { images, labels } = digitFiles(3, 1);
    const announced = await announce('too much', images, labels);
    const input = await upload(announced.uuid_input_file);
    const bytes = new Uint8Array(await images.arrayBuffer());
    await input.send(piece(0, bytes));
    expect(response(await input.send(piece(images.size, Uint8Array.of(1))))).toMatchObject({
      success: false,
      errorMessage: `bytes ${images.size} to ${images.size + 1} lie outside of the announced ${images.size} bytes`,
    });
    expect(response(await input.send(piece(2n ** 60n, bytes))).errorMessage).toContain('out of range');
    const label = await upload(announced.uuid_label_file);
    await label.send(piece(0, new Uint8Array(await labels.arrayBuffer())));
    expect((await finish(announced))[0]).toBe(200);
    for (const { socket } of [input, label]) socket.close();
  });

  it('answers garbage with an error and goes on', async () => {
    const { images, labels } = digitFiles(3, 1);
    const announced = await announce('garbage', images, labels);
    const { socket, send } = await upload(announced.uuid_input_file);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 40 }), async (bytes) => {
        const answer = response(await send(bytes));
        // Random bytes may be a message that says nothing; then nothing was written.
        if (!answer.success) expect(answer.errorMessage).not.toBe('');
      }),
      { numRuns: 200 },
    );
    expect(response(await send(new TextEncoder().encode('{"not": "protobuf"}'))).success).toBe(false);
    socket.close();
    expect((await finish(announced))[1]).toContain('not complete');
  });

  it.each([
    ['text', 'hello', 'must be JSON'],
    ['no token', { target: 'file_upload', uuid: '146bacb3-b5bf-485b-a2e8-d1812b57eb63' }, "'token' is missing"],
    ['a wrong token', { token: 'x', target: 'file_upload', uuid: '146bacb3-b5bf-485b-a2e8-d1812b57eb63' }, 'the token is not valid'],
    ['an unknown target', () => ({ token, target: 'moon', uuid: '146bacb3-b5bf-485b-a2e8-d1812b57eb63' }), "'target' must be"],
    ['an unknown file', () => ({ token, target: 'file_upload', uuid: '146bacb3-b5bf-485b-a2e8-d1812b57eb63' }), 'there is no upload'],
    ['an unknown cluster', () => ({ token, target: 'cluster', uuid: '146bacb3-b5bf-485b-a2e8-d1812b57eb63' }), 'there is no cluster'],
  ])('refuses a first message with %s, says why and closes', async (_, hello, reason) => {
    const { socket, welcome } = await connect(typeof hello === 'function' ? hello() : hello);
    expect(welcome).toMatchObject({ success: false, error: expect.stringContaining(reason) });
    if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
  });

  it('takes the first message as a binary frame too', async () => {
    const { images, labels } = digitFiles(3, 1);
    const announced = await announce('binary hello', images, labels);
    const socket = new WebSocket(server.address.replace('http', 'ws'));
    await once(socket, 'open');
    socket.send(Buffer.from(JSON.stringify({ token, target: 'file_upload', uuid: announced.uuid_input_file })));
    const [data] = await once(socket, 'message');
    expect(JSON.parse(String(data)).success).toBe(true);
    socket.close();
  });

  it('that stops half way leaves no data set, and can go on over another connection', async () => {
    const { images, labels } = digitFiles(40, 1);
    const announced = await announce('half way', images, labels);
    const bytes = new Uint8Array(await images.arrayBuffer());
    const first = await upload(announced.uuid_input_file);
    await first.send(piece(0, bytes.subarray(0, 1000)));
    first.socket.terminate();
    expect((await finish(announced))[0]).toBe(400);
    expect((await dataset.listDatasets(token, server.address)).body.map((row) => row[5])).not.toContain('half way');
    const second = await upload(announced.uuid_input_file);
    await second.send(piece(1000, bytes.subarray(1000)));
    const label = await upload(announced.uuid_label_file);
    await label.send(piece(0, new Uint8Array(await labels.arrayBuffer())));
    expect((await finish(announced))[0]).toBe(200);
    for (const { socket } of [second, label]) socket.close();
  });

  it('of a faulty file says what is wrong, and the SDK leaves nothing of it', async () => {
    const { images, labels } = digitFiles(5, 1);
    const { address } = server;
    const before = server.files('tempfiles').length;
    await expect(dataset.uploadMnistFiles(token, address, 'swapped', labels, images)).rejects.toThrowError('were the two files swapped?');
    await expect(dataset.uploadMnistFiles(token, address, 'cut off', images.slice(0, -1), labels)).rejects.toThrowError('ends too early');
    await expect(dataset.uploadMnistFiles(token, address, 'empty', new Blob([]), labels)).rejects.toThrowError('the file is empty');
    await expect(dataset.uploadCsvFiles(token, address, 'text', new Blob([`a,b\n${'1,2\n'.repeat(9)}1,x\n`]))).rejects.toThrowError(
      "line 11: 'x' in the column 'b' is no number, as most of its values are",
    );
    await expect(dataset.uploadCsvFiles(token, address, 'header', new Blob(['a,b\n']))).rejects.toThrowError('no data rows');
    expect(server.files('tempfiles').length).toBe(before);
    const names = (await dataset.listDatasets(token, address)).body.map((row) => row[5]);
    for (const name of ['swapped', 'cut off', 'empty', 'text', 'header']) expect(names).not.toContain(name);
  });
});

describe('an upload of many', () => {
  it('is finished while its connection is being closed', async () => {
    const lanes = Array.from({ length: 4 }, async (_, lane) => {
      for (let i = 0; i < 3; i++) await uploadDigits(token, server.address, `at the same time ${lane}`, 20);
    });
    await Promise.all(lanes);
  });
});
