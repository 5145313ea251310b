{{- define "alerting.image" -}}
{{ .image.registry }}/{{ .image.repository }}:{{ .image.tag | default .version }}{{ with .image.sha }}@sha256:{{ . }}{{ end }}
{{- end -}}
