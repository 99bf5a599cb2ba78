// A Kafka for the example: kfake, which is the protocol in one process and needs no Java.
//
//	broker PORT    one broker on the loopback, with the topic `spans` in eight partitions
//
// SIGUSR1 makes it unreachable: connections are reset, and new ones refused. SIGUSR2 brings it
// back, with all that it held.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

// door is a listener that can be shut and opened again, which kfake does not notice.
type door struct {
	address string

	mu       sync.Mutex
	listener net.Listener
	inside   map[net.Conn]struct{}
	opened   *sync.Cond
	closed   bool
}

func newDoor(network, address string) (*door, error) {
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	d := &door{
		address:  listener.Addr().String(),
		listener: listener,
		inside:   map[net.Conn]struct{}{},
	}
	d.opened = sync.NewCond(&d.mu)
	return d, nil
}

func (d *door) Accept() (net.Conn, error) {
	for {
		d.mu.Lock()
		for d.listener == nil && !d.closed {
			d.opened.Wait()
		}
		listener, closed := d.listener, d.closed
		d.mu.Unlock()
		if closed {
			return nil, net.ErrClosed
		}
		conn, err := listener.Accept()
		if err != nil {
			// Shut in the meantime: waits until it is opened.
			continue
		}
		d.mu.Lock()
		d.inside[conn] = struct{}{}
		d.mu.Unlock()
		return &visitor{Conn: conn, door: d}, nil
	}
}

func (d *door) Close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.shut()
	d.opened.Broadcast()
	return nil
}

func (d *door) Addr() net.Addr {
	address, _ := net.ResolveTCPAddr("tcp", d.address)
	return address
}

// shut refuses whoever comes and resets the connections of those who are there.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.listener != nil {
		d.listener.Close()
		d.listener = nil
	}
	for conn := range d.inside {
		if tcp, ok := conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		conn.Close()
	}
	clear(d.inside)
}

func (d *door) open() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	listener, err := net.Listen("tcp", d.address)
	if err != nil {
		return err
	}
	d.listener = listener
	d.opened.Broadcast()
	return nil
}

// visitor is a connection that tells its door when it is gone.
type visitor struct {
	net.Conn
	door *door
}

func (v *visitor) Close() error {
	v.door.mu.Lock()
	delete(v.door.inside, v.Conn)
	v.door.mu.Unlock()
	return v.Conn.Close()
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: broker PORT")
	}
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var front *door
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.Ports(port),
		kfake.SeedTopics(8, "spans"),
		kfake.ListenFn(func(network, address string) (net.Listener, error) {
			var err error
			front, err = newDoor(network, address)
			return front, err
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	fmt.Println("broker is ready")

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGINT)
	for received := range signals {
		switch received {
		case syscall.SIGUSR1:
			front.shut()
			fmt.Println("unreachable")
		case syscall.SIGUSR2:
			if err := front.open(); err != nil {
				log.Fatal(err)
			}
			fmt.Println("reachable")
		default:
			return
		}
	}
}
