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

// switchedListener can be turned off and on again, which kfake does not notice.
type switchedListener struct {
	address string

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]struct{}
	turnedOn *sync.Cond
	closed   bool
}

func listen(network, address string) (*switchedListener, error) {
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	l := &switchedListener{
		address:  listener.Addr().String(),
		listener: listener,
		open:     map[net.Conn]struct{}{},
	}
	l.turnedOn = sync.NewCond(&l.mu)
	return l, nil
}

func (l *switchedListener) Accept() (net.Conn, error) {
	for {
		l.mu.Lock()
		for l.listener == nil && !l.closed {
			l.turnedOn.Wait()
		}
		listener, closed := l.listener, l.closed
		l.mu.Unlock()
		if closed {
			return nil, net.ErrClosed
		}
		conn, err := listener.Accept()
		if err != nil {
			// Turned off in the meantime: waits until it is on again.
			continue
		}
		l.mu.Lock()
		l.open[conn] = struct{}{}
		l.mu.Unlock()
		return &countedConn{Conn: conn, listener: l}, nil
	}
}

func (l *switchedListener) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.turnOff()
	l.turnedOn.Broadcast()
	return nil
}

func (l *switchedListener) Addr() net.Addr {
	address, _ := net.ResolveTCPAddr("tcp", l.address)
	return address
}

// turnOff refuses new connections and resets those there are.
func (l *switchedListener) turnOff() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != nil {
		l.listener.Close()
		l.listener = nil
	}
	for conn := range l.open {
		if tcp, ok := conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		conn.Close()
	}
	clear(l.open)
}

func (l *switchedListener) turnOn() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	listener, err := net.Listen("tcp", l.address)
	if err != nil {
		return err
	}
	l.listener = listener
	l.turnedOn.Broadcast()
	return nil
}

// countedConn tells its listener when it is closed.
type countedConn struct {
	net.Conn
	listener *switchedListener
}

func (c *countedConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.open, c.Conn)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: broker PORT")
	}
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var listener *switchedListener
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.Ports(port),
		kfake.SeedTopics(8, "spans"),
		kfake.ListenFn(func(network, address string) (net.Listener, error) {
			var err error
			listener, err = listen(network, address)
			return listener, err
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
			listener.turnOff()
			fmt.Println("unreachable")
		case syscall.SIGUSR2:
			if err := listener.turnOn(); err != nil {
				log.Fatal(err)
			}
			fmt.Println("reachable")
		default:
			return
		}
	}
}
