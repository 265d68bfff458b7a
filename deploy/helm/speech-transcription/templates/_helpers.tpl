{{/* Name of a service's objects: the release's name and the service's. Call with (list $ "backend"). */}}
{{- define "name" -}}
{{- printf "%s-%s" (index . 0).Release.Name (index . 1) -}}
{{- end }}

{{- define "selector" -}}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "labels" -}}
{{ include "selector" . }}
app.kubernetes.io/name: speech-transcription
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
{{- end }}

{{- define "metadata" -}}
name: {{ include "name" . }}
labels:
  {{- include "labels" . | nindent 2 }}
{{- end }}

{{/* The pod's part that all services share, as strict as docker-compose.yaml. */}}
{{- define "pod" -}}
{{- $values := (index . 0).Values -}}
automountServiceAccountToken: false
# Variables such as LLM_PORT would be taken for settings.
enableServiceLinks: false
# The pause container reaps processes, as `init: true` does.
shareProcessNamespace: true
{{- with $values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
terminationGracePeriodSeconds: 40
{{- end }}

{{- define "container" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
{{- $values := $root.Values -}}
- name: {{ $service }}
  image: {{ $values.image.repository }}/speech_transcription_{{ $service }}:{{ $values.image.tag }}
  imagePullPolicy: {{ $values.image.pullPolicy }}
  securityContext:
    readOnlyRootFilesystem: true
    allowPrivilegeEscalation: false
    capabilities:
      drop: [ALL]
  resources:
    {{- toYaml (index $values $service).resources | nindent 4 }}
  lifecycle:
    preStop:
      # Until no more requests arrive.
      sleep:
        seconds: 5
{{- end }}

{{/* Variables from `settings`. Call with (list $ "backend" (dict defaults)). */}}
{{- define "settings" -}}
{{- $values := (index . 0).Values -}}
{{- range $name, $value := merge (dict) (index $values.settings (index . 1)) $values.settings.common (index . 2) }}
- name: {{ $name }}
  value: {{ (kindIs "float64" $value | ternary (int64 $value) $value) | toString | quote }}
{{- end }}
{{- end }}

{{/* Variables from the Secret. Call with (list $ "API_KEYS" …). */}}
{{- define "secrets" -}}
{{- $root := index . 0 -}}
{{- range rest . }}
- name: {{ . }}
  valueFrom:
    secretKeyRef:
      name: {{ $root.Values.secret }}
      key: {{ . }}
      {{- if not (has . (list "DATABASE_URL" "API_KEYS" "BACKEND_API_KEY")) }}
      optional: true
      {{- end }}
{{- end }}
{{- end }}

{{/* Names under which clients reach the services; each one refuses others. */}}
{{- define "hosts" -}}
{{- $names := list (include "name" (list . "frontend")) (include "name" (list . "backend")) (include "name" (list . "llm")) -}}
{{- join "," (compact (concat $names (list .Values.ingress.host .Values.ingress.apiHost))) -}}
{{- end }}
