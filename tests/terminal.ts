import { execFile } from 'node:child_process';
import { PYTHON } from './python.ts';

/** Runs a command in a pseudo-terminal, types something once it has printed a text, and tells what it printed and how it ended. */
const PROGRAM = `
import json, os, pty, sys, time
job = json.load(sys.stdin)
pid, terminal = pty.fork()
if pid == 0:
    os.execve(job["command"][0], job["command"], job["env"])
printed, typed = b"", False
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    printed += data
    if not typed and job["until"].encode() in printed:
        typed = True
        os.write(terminal, job["typed"].encode())
_, status = os.waitpid(pid, 0)
print(json.dumps({"printed": printed.decode("utf-8", "replace"), "code": os.waitstatus_to_exitcode(status)}))
`;

/** @param until a text after which `typed` is typed. */
export function typeInTerminal(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  until: string,
  typed: string,
): Promise<{ printed: string; code: number }> {
  return new Promise((resolve, reject) => {
    const child = execFile(PYTHON ?? 'python3', ['-c', PROGRAM], { timeout: 200_000 }, (error, out) =>
      error ? reject(error) : resolve(JSON.parse(out)),
    );
    child.stdin?.end(JSON.stringify({ command, env, until, typed }));
  });
}

/** @param until a text after which Ctrl-C is typed. */
export const interruptInTerminal = (command: readonly string[], env: Readonly<Record<string, string>>, until: string) =>
  typeInTerminal(command, env, until, '\x03');
