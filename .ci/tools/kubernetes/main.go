// Command kubernetes builds kustomizations and decodes every object strictly: as
// Kubernetes and the Prometheus operator declare its kind, without unknown fields.
//
//	go run . [-print] [-without KIND]... DIR...
//
// It prints the kind and name of each object, or with -print the objects. A kind that the operator of this module
// does not have yet is allowed after -without only. The module file operator-0.44.mod
// has the operator of kube-prometheus 0.7, go.mod a current one.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "kubernetes:", err)
		os.Exit(1)
	}
}

// checker is how objects are checked and printed.
type checker struct {
	decoder runtime.Decoder
	without []string // kinds that may be unknown
	print   bool     // the objects themselves
}

func run(args []string, stdout io.Writer) error {
	var c checker
	flags := flag.NewFlagSet("kubernetes", flag.ContinueOnError)
	flags.Func("without", "kind that may be unknown", func(kind string) error {
		c.without = append(c.without, kind)
		return nil
	})
	flags.BoolVar(&c.print, "print", false, "print the objects")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if c.decoder, err = strictDecoder(); err != nil {
		return err
	}
	for _, dir := range flags.Args() {
		if err := c.check(dir, stdout); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	return nil
}

// strictDecoder returns a decoder that refuses unknown fields and duplicate keys.
func strictDecoder() (runtime.Decoder, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, networkingv1.AddToScheme, monitoringv1.AddToScheme, monitoringv1alpha1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer(), nil
}

func (c checker) check(dir string, stdout io.Writer) error {
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return err
	}
	for _, object := range objects.Resources() {
		text, err := object.AsYAML()
		if err != nil {
			return err
		}
		_, _, err = c.decoder.Decode(text, nil, nil)
		if runtime.IsNotRegisteredError(err) && slices.Contains(c.without, object.GetKind()) {
			err = nil
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
		if c.print {
			fmt.Fprintf(stdout, "%s---\n", text)
		} else {
			fmt.Fprintln(stdout, object.GetKind(), object.GetName())
		}
	}
	return nil
}
