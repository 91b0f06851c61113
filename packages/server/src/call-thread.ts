import { Worker, type WorkerOptions } from 'node:worker_threads';
import { errorForStatus } from '@openhanami/contract';

/** A call to a thread. */
export interface Call<Name extends string = string> {
  readonly kind: 'call';
  readonly id: number;
  readonly name: Name;
  readonly input: unknown;
}

/** The answer to a call. An error with an HTTP status is one that the caller may see. */
export type Answer =
  | { readonly kind: 'done'; readonly id: number; readonly output: unknown }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly error: {
        readonly name: string;
        readonly message: string;
        readonly stack: string;
        readonly status?: number;
        readonly code?: string;
      };
    };

type Failure = Extract<Answer, { kind: 'failed' }>['error'];

/** Runs a call in the thread and returns its answer. */
export async function answerCall({ id, input }: Call, work: (input: unknown) => Promise<unknown>): Promise<Answer> {
  try {
    return { kind: 'done', id, output: await work(input) };
  } catch (error) {
    const {
      name,
      message,
      stack = '',
      status,
      code,
    } = (error instanceof Error ? error : new Error(String(error))) as Error & { status?: number; code?: string };
    const known = status === undefined || code === undefined ? {} : { status, code };
    return { kind: 'failed', id, error: { name, message, stack, ...known } };
  }
}

/** Recreates an error of a thread: one that the caller may see as that of the contract, another with its stack. */
export function recreated({ message, stack, status, code }: Failure): Error {
  if (status !== undefined) return errorForStatus(status, message, code);
  const error = new Error(message);
  error.stack = stack;
  return error;
}

interface Handlers<Told> {
  /** Called with messages of the thread that are no answers. */
  told(message: Told): void;
  /** Converts an error of the thread to the error of its caller. */
  translate(error: Failure): Error;
  /** The error of pending calls when the thread has ended for `reason`. */
  died(reason: string): Error;
  /** Called when the thread has ended without `stop`. */
  onDeath(): void;
}

interface Waiting {
  resolve(output: unknown): void;
  reject(error: Error): void;
}

/** A thread that answers calls. If it has pending calls and sends nothing for too long, it is terminated and they are rejected. */
export class CallThread<Told extends { readonly kind: string }> {
  readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private stopping = false;
  private timer: NodeJS.Timeout | undefined;
  private reason = 'it exited';

  /** @param silence seconds without a message after which it is terminated, and the setting of these. */
  constructor(
    script: URL,
    options: WorkerOptions,
    private readonly silence: { readonly seconds: number; readonly setting?: string },
    handlers: Handlers<Told>,
  ) {
    this.worker = new Worker(script, options);
    this.worker.on('message', (message: Answer | Told) => {
      if (message.kind === 'done' || message.kind === 'failed') this.endCall(message as Answer, handlers);
      else handlers.told(message as Told);
      this.listen();
    });
    // 'error' gives the reason; 'exit' follows.
    this.worker.on('error', (error) => {
      this.reason = error instanceof Error ? error.message : String(error);
    });
    this.worker.on('exit', () => {
      clearTimeout(this.timer);
      if (!this.stopping) handlers.onDeath();
      for (const { reject } of this.waiting.values()) reject(handlers.died(this.reason));
      this.waiting.clear();
    });
  }

  call(name: string, input: unknown): Promise<unknown> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      if (this.waiting.size === 1) this.listen();
      this.worker.postMessage({ kind: 'call', id, name, input } satisfies Call);
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.worker.terminate();
  }

  private endCall(answer: Answer, { translate }: Handlers<Told>): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (answer.kind === 'done') waiting?.resolve(answer.output);
    else waiting?.reject(translate(answer.error));
  }

  /** Restarts the silence timer, if calls are pending. */
  private listen(): void {
    clearTimeout(this.timer);
    if (this.waiting.size === 0) return;
    const { seconds, setting } = this.silence;
    this.timer = setTimeout(() => {
      this.reason = `it had not answered for ${seconds} s${setting === undefined ? '' : `, ${setting}`}`;
      void this.worker.terminate();
    }, seconds * 1000).unref();
  }
}
