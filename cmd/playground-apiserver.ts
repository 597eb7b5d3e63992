/** The API server of one embedded cluster. Usage: playground-apiserver <config file> */
import { mustParseCidr } from "#base/cidr.ts";
import { TokenSigner } from "#pki/service-account-token.ts";
import { admissionPlugins } from "#playground/apiserver/admission/plugins.ts";
import { createAuthenticator, createTokenAuthenticator } from "#playground/apiserver/authn/authenticator.ts";
import { createAuthorizer } from "#playground/apiserver/authz/authorizer.ts";
import { ensureBootstrapPolicy } from "#playground/apiserver/authz/bootstrap/policy.ts";
import { ensureSystemNamespaces, ensureSystemObjects } from "#playground/apiserver/bootstrap.ts";
import { crdStrategy } from "#playground/apiserver/crd/strategy.ts";
import { loadBuiltinSchemas } from "#playground/apiserver/openapi/builtin-schemas.ts";
import { builtinStrategies } from "#playground/apiserver/resources/all.ts";
import { serviceAllocation } from "#playground/apiserver/resources/core/fields/service-allocation.ts";
import { startApiServer } from "#playground/apiserver/server.ts";
import { connectors, virtualResources } from "#playground/apiserver/subresources/connectors.ts";
import type { ApiServerConfig } from "#playground/supervisor/config.ts";
import { readConfig, runMain } from "./process.ts";

await runMain("playground-apiserver", async (ctx) => {
  const config = await readConfig<ApiServerConfig>();
  const signer = new TokenSigner(config.tokenKey);
  const kubelet = { ca: config.ca, cert: config.kubeletClient.certificate, key: config.kubeletClient.privateKey };
  await using server = await startApiServer(ctx, {
    storeFile: config.storeFile,
    host: "0.0.0.0",
    port: config.port,
    tls: { ...config.tls, clientCa: config.ca },
    strategies: [...builtinStrategies, crdStrategy],
    schemas: loadBuiltinSchemas(config.schemas),
    ...(config.auditLog !== undefined && { auditLog: config.auditLog }),
    parts: (services) => {
      const { reader } = services;
      const { authorizer, rbac } = createAuthorizer(reader, ctx.signal);
      const tokens = createTokenAuthenticator({ reader, signer });
      return {
        authenticators: [createAuthenticator({ reader, signer, authorizer })],
        authorizer,
        admission: [
          ...admissionPlugins({ services, rbac, authorizer, signal: ctx.signal }),
          serviceAllocation(reader, mustParseCidr(config.serviceCidr)),
        ],
        connectors: connectors({ services, signer, kubelet }),
        virtual: virtualResources({ services, authorizer, rbac, tokens, audiences: [signer.issuer] }),
      };
    },
  });
  await ensureSystemNamespaces(ctx, server.services);
  await ensureBootstrapPolicy(ctx, server.services.reader, server.services.writer);
  await ensureSystemObjects(ctx, server.services, config);
  ctx.log.info("serving", { address: config.address, port: server.port });
  await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve, { once: true }));
});
