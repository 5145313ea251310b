// A small operator and what it starts. `greeter operate` keeps a Deployment for every Greeting (greetings.redoubt.test/v1), of the image
// that its variable RELATED_IMAGE_GREETER names; `greeter serve TEXT` is what runs there. Standard library only.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

type object = map[string]any

func main() {
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		serve(os.Args[2])
	}
	go operate(os.Getenv("POD_NAMESPACE"), os.Getenv("RELATED_IMAGE_GREETER"))
	serve("ok")
}

func serve(text string) {
	answer := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, text) }
	log.Fatal(http.ListenAndServe(":8080", http.HandlerFunc(answer)))
}

func operate(namespace, image string) {
	for ; ; time.Sleep(2 * time.Second) {
		if err := reconcile(namespace, image); err != nil {
			log.Print(err)
		}
	}
}

func reconcile(namespace, image string) error {
	greetings := "/apis/greetings.redoubt.test/v1/namespaces/" + namespace + "/greetings"
	var list struct {
		Items []struct {
			Metadata struct{ Name, UID string }
			Spec     struct{ Text string }
		}
	}
	if err := ask("GET", greetings, nil, &list); err != nil {
		return err
	}
	for _, item := range list.Items {
		name := "greeting-" + item.Metadata.Name
		made := deployment(name, image, item.Spec.Text)
		made["metadata"].(object)["ownerReferences"] = []object{{
			"apiVersion": "greetings.redoubt.test/v1", "kind": "Greeting", "name": item.Metadata.Name, "uid": item.Metadata.UID,
		}}
		path := "/apis/apps/v1/namespaces/" + namespace + "/deployments/" + name + "?fieldManager=greeter&force=true"
		var is struct{ Status struct{ AvailableReplicas int } }
		if err := ask("PATCH", path, made, &is); err != nil {
			return err
		}
		status := object{
			"apiVersion": "greetings.redoubt.test/v1", "kind": "Greeting", "metadata": object{"name": item.Metadata.Name},
			"status": object{"available": is.Status.AvailableReplicas > 0},
		}
		if err := ask("PATCH", greetings+"/"+item.Metadata.Name+"/status?fieldManager=greeter&force=true", status, nil); err != nil {
			return err
		}
	}
	return nil
}

func deployment(name, image, text string) object {
	labels := object{"app": name}
	container := object{
		"name": "greeter", "image": image, "args": []string{"serve", text},
		"ports": []object{{"containerPort": 8080}},
		"securityContext": object{
			"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": object{"drop": []string{"ALL"}},
		},
	}
	pod := object{
		"securityContext":              object{"runAsNonRoot": true, "seccompProfile": object{"type": "RuntimeDefault"}},
		"automountServiceAccountToken": false,
		"containers":                   []object{container},
	}
	return object{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": object{"name": name, "labels": labels},
		"spec": object{
			"selector": object{"matchLabels": labels},
			"template": object{"metadata": object{"labels": labels}, "spec": pod},
		},
	}
}

// Server-side apply for what is given a body; the token is read anew, as it is renewed.
func ask(method, path string, body, into any) error {
	ca, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		return err
	}
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	host := os.Getenv("KUBERNETES_SERVICE_HOST") + ":" + os.Getenv("KUBERNETES_SERVICE_PORT")
	request, err := http.NewRequest(method, "https://"+host+path, bytes.NewReader(sent))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	request.Header.Set("Content-Type", "application/apply-patch+yaml")
	client := http.Client{
		Timeout:   20 * time.Second,
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots}},
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %d %.300s", method, path, response.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
