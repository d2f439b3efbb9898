package operate

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"text/template"
)

const unitUsage = `Unit prints how a service manager runs a party: a systemd unit, a nightly copy for it, or a container file.

Usage:
    mandate unit -party NAME [-program PATH] [-backup-to RECIPIENT | -container]

    -party NAME             board, registrar, trustee, commission or serve
    -program PATH           where this program is (default /usr/local/bin/mandate)
    -backup-to RECIPIENT    print instead the unit and the timer that copy the party every night, encrypted for an age recipient
    -container              print instead a container file: build it in a folder with the program

Example:
    mandate unit -party board > /etc/systemd/system/mandate-board.service
`

// The unit: state in a folder of its own, the configuration and TLS key read-only, the passphrase as a credential that only the service can read.
var unit = template.Must(template.New("unit").Parse(`# /etc/systemd/system/mandate-{{.Party}}.service
#
# Configuration: /etc/mandate/{{.Party}}.toml{{if ne .Party "serve"}}, with dir = "/var/lib/mandate-{{.Party}}" and without passphrase:
# that is loaded from /etc/mandate/{{.Party}}.passphrase (root, mode 0600), which can be encrypted for this machine with systemd-creds(1).
# To make the party, as root:
#     systemd-run --pipe --wait -p DynamicUser=yes -p User=mandate-{{.Party}} -p StateDirectory=mandate-{{.Party}} \
#         -p LoadCredential=passphrase:/etc/mandate/{{.Party}}.passphrase \
#         {{.Program}} {{.Party}} init -config /etc/mandate/{{.Party}}.toml{{end}}
[Unit]
Description=Mandate {{.Party}}
Documentation=man:systemd.exec(5)
Wants=network-online.target time-sync.target
After=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
ExecStart={{.Program}} {{.Run}}
{{- if ne .Party "serve"}}
ExecReload=/bin/kill -HUP $MAINPID
LoadCredential=passphrase:/etc/mandate/{{.Party}}.passphrase
{{- end}}
Restart=on-failure
RestartSec=5
# What was taken is brought to an end: members are answered, records published.
KillSignal=SIGTERM
TimeoutStopSec=90

DynamicUser=yes
User=mandate-{{.Party}}
StateDirectory=mandate-{{.Party}}
{{- if eq .Party "registrar"}}
# What became of mails, which no copy has.
StateDirectory=mandate-registrar-mail
{{- end}}
StateDirectoryMode=0700
WorkingDirectory=/var/lib/mandate-{{.Party}}
UMask=0077
LimitCORE=0
LimitNOFILE=65536

AmbientCapabilities={{if .Binds}}CAP_NET_BIND_SERVICE{{end}}
CapabilityBoundingSet={{if .Binds}}CAP_NET_BIND_SERVICE{{end}}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
MemorySwapMax=0
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources

[Install]
WantedBy=multi-user.target
`))

var nightly = template.Must(template.New("nightly").Parse(`# /etc/systemd/system/mandate-{{.Party}}-backup.service
#
# The copies are to leave this machine: have /var/backups/mandate fetched from elsewhere, and keep the age identity elsewhere too.
[Unit]
Description=Copy of Mandate {{.Party}}

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'exec {{.Program}} backup -dir /var/lib/mandate-{{.Party}} -out "/var/backups/mandate/{{.Party}}-$(date +%%Y-%%m-%%dT%%H%%M).age" -to {{.Recipient}}'
UMask=0077

# /etc/systemd/system/mandate-{{.Party}}-backup.timer
[Unit]
Description=Nightly copy of Mandate {{.Party}}

[Timer]
OnCalendar=*-*-* 03:10
RandomizedDelaySec=20min
Persistent=yes

[Install]
WantedBy=timers.target
`))

var container = template.Must(template.New("container").Parse(`# A container for Mandate {{.Party}}. In a folder with the program, built with CGO_ENABLED=0 go build ./cmd/mandate:
#     mandate unit -party {{.Party}} -container > Containerfile && podman build -t mandate-{{.Party}} .
#     podman run --read-only --cap-drop=all --stop-timeout=90 -v mandate-{{.Party}}:/data:U -v /etc/mandate:/etc/mandate:ro mandate-{{.Party}}
# {{if ne .Party "serve"}}The configuration, /etc/mandate/{{.Party}}.toml, has dir = "/data" and names the passphrase's file, a secret of the container's.{{else}}The configuration is /etc/mandate/serve.toml.{{end}}
FROM scratch
COPY mandate /mandate
COPY --from=docker.io/library/debian:stable-slim /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
USER 65532:65532
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["/mandate"]
CMD [{{.Words}}]
`))

// RunUnit is the command mandate unit. It returns the exit status.
func RunUnit(args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("unit", flag.ContinueOnError)
	party, program, recipient, box := f.String("party", "", ""), f.String("program", "/usr/local/bin/mandate", ""), f.String("backup-to", "", ""), f.Bool("container", false, "")
	if status, done := parse(f, args, unitUsage, stdout, stderr); done {
		return status
	}
	const hint = "mandate unit -h says how to call it"
	switch {
	case !slices.Contains([]string{"board", "registrar", "trustee", "commission", "serve"}, *party):
		return fail(stderr, 2, fmt.Errorf("-party: %q, want board, registrar, trustee, commission or serve", *party), hint)
	case *box && *recipient != "":
		return fail(stderr, 2, errors.New("-backup-to and -container are not given together"), hint)
	}
	v := struct {
		Party, Program, Run, Recipient, Words string
		Binds                                 bool
	}{Party: *party, Program: *program, Recipient: *recipient, Binds: *party == "board" || *party == "registrar"}
	v.Run = *party + " run -config /etc/mandate/" + *party + ".toml"
	v.Words = fmt.Sprintf("%q, \"run\", \"-config\", \"/etc/mandate/%s.toml\"", *party, *party)
	if *party == "serve" {
		v.Run = "serve -dir /var/lib/mandate-serve -config /etc/mandate/serve.toml"
		v.Words = `"serve", "-dir", "/data", "-config", "/etc/mandate/serve.toml"`
	}
	text := unit
	switch {
	case *box:
		text = container
	case *recipient != "":
		text = nightly
	}
	var b bytes.Buffer
	if err := text.Execute(&b, v); err != nil {
		return fail(stderr, 1, err, "")
	}
	stdout.Write(b.Bytes())
	return 0
}
