{{- define "liqo.version" -}}{{ .Values.image.version | default .Chart.AppVersion }}{{- end -}}
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
