{{- define "liqo.version" -}}{{ .Values.tag | default .Chart.AppVersion }}{{- end -}}
{{- define "liqo.image" -}}{{ .Values.image.name }}:{{ include "liqo.version" . }}{{- end -}}

{{/* Labels of one component: (dict "root" $ "name" "…" "component" "…") */}}
{{- define "liqo.labels" -}}
{{ include "liqo.selector" . }}
app.kubernetes.io/version: {{ include "liqo.version" .root | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{- define "liqo.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}-{{ .name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: liqo
{{- end -}}

{{- define "liqo.pairs" -}}
{{- $list := list -}}{{- range $k, $v := . -}}{{- $list = append $list (printf "%s=%s" $k (toString $v)) -}}{{- end -}}{{ join "," $list }}
{{- end -}}

{{/* Classes that are offered, as liqo-controller-manager takes them: nginx;default,traefik */}}
{{- define "liqo.classes" -}}
{{- $list := list -}}{{- range . -}}{{- $list = append $list (printf "%s%s" .name (ternary ";default" "" (.default | default false))) -}}{{- end -}}{{ join "," $list }}
{{- end -}}

{{/* Where a pod may run, and what it is pulled with: (dict "root" $ "nodeSelector" … "tolerations" … "affinity" … "priorityClassName" …) */}}
{{- define "liqo.placement" -}}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* Liveness and readiness of a component on its port "healthz". */}}
{{- define "liqo.probes" -}}
livenessProbe:
  httpGet: { path: /healthz, port: healthz }
  initialDelaySeconds: 15
  timeoutSeconds: 5
readinessProbe:
  httpGet: { path: /readyz, port: healthz }
  periodSeconds: 1
{{- end -}}

{{/* Sets forwarding and the like, once: /proc/sys can be written by privileged containers only, and nothing else has to be one. */}}
{{- define "liqo.sysctls" -}}
- name: sysctls
  image: {{ include "liqo.image" .root }}
  imagePullPolicy: {{ .root.Values.pullPolicy }}
  command: [node, /opt/liqo/liqo-sysctls.js, {{ .component }}]
  securityContext:
    runAsUser: 0
    privileged: true
    readOnlyRootFilesystem: true
  resources: {{- toYaml .resources | nindent 4 }}
{{- end -}}

{{/* Links, routes, nftables and raw sockets, and (list …) of what else is needed. Root: whoever else executes ip or nft loses the capabilities. */}}
{{- define "liqo.networkSecurity" -}}
securityContext:
  runAsUser: 0
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL], add: {{ concat (list "NET_ADMIN" "NET_RAW") . | toJson }} }
{{- end -}}

{{/* Of a hook before the release is deleted, with its place among them. */}}
{{- define "liqo.preDelete" -}}
helm.sh/hook: pre-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
