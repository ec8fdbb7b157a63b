/** An Apache for each replica, with equal copies of a folder; they end with the scope. */
import { join, resolve } from "node:path"
import { Effect } from "effect"
import { ApacheFailed, ApacheMissing, findApache, freePort, startApache } from "../web/apache.ts"
import { ExitCode, Refused } from "./ended.ts"

const refused = (text: string): Refused => new Refused({ code: ExitCode.BadInput, text })

export interface ApachesOptions {
  readonly root: string
  readonly replicas: number
  /** Where their copies, configurations and logs go. */
  readonly out: string
  /** Port of the first, the others follow; 0 takes free ones. */
  readonly port: number
}

export const startApaches = (options: ApachesOptions) =>
  Effect.gen(function* () {
    const apache = findApache(process.env)
    if (apache instanceof ApacheMissing) return yield* refused(apache.message)
    return yield* Effect.forEach(
      Array.from({ length: options.replicas }, (_, replica) => replica),
      (replica) =>
        Effect.acquireRelease(
          Effect.tryPromise({
            try: async () => {
              const port = options.port === 0 ? await freePort() : options.port + replica
              const folder = join(resolve(options.out), `replica-${replica}`)
              return await startApache({ apache, folder, port, root: resolve(options.root) })
            },
            catch: (cause) =>
              refused(
                cause instanceof ApacheFailed
                  ? `replica ${replica}: ${cause.message}`
                  : `replica ${replica}: ${String(cause)}`,
              ),
          }),
          (origin) => Effect.promise(origin.stop),
        ),
    )
  })
